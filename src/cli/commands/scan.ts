import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { BallastError } from '../../core/index.ts'
import { loadScanner, type ScanReport } from '../../formats/index.ts'
import { endWithReader } from '../output/pipe.ts'
import { reportError } from '../report.ts'
import { scanText } from '../scan/describe.ts'
import { treeToScan } from '../scan/tree.ts'

interface Options {
  readonly json?: boolean
  readonly sarif?: string | true
}

/** Ends with 0 for safe, 1 for unsafe or unknown, 2 where something could not be read. */
export function scanCommand(): Command {
  return new Command('scan')
    .description('whether loading a model file would run code, in any format; nothing is executed')
    .argument('<path>', 'a model file, or a folder of them')
    .option('--json', 'the whole report, for machines')
    .option('--sarif [file]', 'the report as SARIF 2.1.0, for code scanning; default: standard output')
    .addHelpText(
      'after',
      '\nExit status: 0 safe, 1 unsafe or unknown, 2 unreadable. Unknown is not safe: no rule vouches for what was found.',
    )
    .action(run)
}

async function run(path: string, { json, sarif }: Options): Promise<void> {
  endWithReader()
  try {
    const { scanTree } = await loadScanner()
    const report = await scanTree(await treeToScan(path), { digest: json === true || sarif !== undefined })
    if (report.counts.files === 0)
      throw new BallastError('FILE_UNREADABLE', {
        message: `${path} holds no file`,
        hint: 'Name a model file, or a folder of them.',
      })
    // First: a reader that goes away early changes no verdict.
    process.exitCode = exitCode(report)
    await tell(report, { ...(json !== undefined && { json }), ...(sarif !== undefined && { sarif }) })
  } catch (error) {
    reportError(error)
    // What can't be read is neither safe nor unsafe.
    if (error instanceof BallastError) process.exitCode = 2
  }
}

async function tell(report: ScanReport, { json, sarif }: Options): Promise<void> {
  const { RULES, toSarif } = await loadScanner()
  if (typeof sarif === 'string') await writeFile(sarif, `${JSON.stringify(toSarif(report), null, 2)}\n`)
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else if (sarif === true) process.stdout.write(`${JSON.stringify(toSarif(report), null, 2)}\n`)
  else process.stdout.write(`${scanText(report, RULES)}\n`)
}

export function exitCode({ verdict, counts }: ScanReport): 0 | 1 | 2 {
  if (counts.unsafe > 0 || counts.unknown > 0) return 1
  return verdict === 'safe' && counts.unreadable === 0 ? 0 : 2
}
