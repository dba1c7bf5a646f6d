import { Command } from 'commander'
import { versionViewSchema } from '../../api/index.ts'
import { BallastError, openFile } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { byteProgress, showsProgress } from '../pack/progress.ts'
import { remote } from '../remote/settings.ts'
import { bytesOf, checkExport } from '../transfer/transfer.ts'

interface Options {
  readonly project?: string
  readonly model?: string
  readonly json?: boolean
}

export function importCommand(): Command {
  return new Command('import')
    .description('a version that another server exported, as a new version here')
    .argument('<file>', 'what `ballast export` wrote')
    .requiredOption('--project <name>', 'whose it is to be')
    .option('--model <name>', 'under another name than it had')
    .option('--json', 'for machines')
    .action(run)
}

async function run(file: string, { project, model, json }: Options): Promise<void> {
  if (project === undefined)
    throw new BallastError('ARGUMENT_MISSING', { message: 'No project was named', hint: 'Give --project.' })
  // Says what is wrong with a file that can't be opened, before anything is sent.
  const source = await openFile(file)
  const { size } = source
  await source.close()
  const facts = await counted('checking', size, json, came => checkExport(bytesOf(file, came)))
  const query = new URLSearchParams({ project, ...(model !== undefined && { model }) })
  const client = await remote()
  const version = await counted('importing', size, json, came =>
    client.upload(`/versions/import?${query}`, bytesOf(file, came), versionViewSchema),
  )
  const { server, number } = facts.origin
  print(
    version,
    json,
    () =>
      `${version.model} v${version.number} (${version.digest}), imported from ${server}, where it was ${facts.manifest.model} v${number}`,
  )
}

async function counted<Result>(
  what: string,
  size: number,
  json: boolean | undefined,
  work: (came: (bytes: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = byteProgress(what, size, showsProgress(json))
  let done = 0
  try {
    return await work(bytes => {
      done += bytes
      progress.show(done)
    })
  } finally {
    progress.clear()
  }
}
