import { Command } from 'commander'
import type { CompileResult } from '../../pipeline/index.ts'
import { endWithReader } from '../output/pipe.ts'
import { compileProject, openProject } from '../run/compile/compile.ts'
import { type OccasionOptions, withOccasion } from '../run/compile/options.ts'
import { tellDiagnostics } from '../run/show/diagnostics.ts'
import { excludedLines, planText } from '../run/show/list.ts'

type Options = OccasionOptions & { readonly json?: boolean }

/** Ends with 0 for a plan, also for one that runs nothing, and 1 where something is wrong with the file. */
export function compileCommand(): Command {
  const command = new Command('compile')
    .description('what a file asks for, here and now: its jobs, and why each is in or out; runs nothing')
    .argument('[file]', 'a ballast.yaml or a .gitlab-ci.yml; default: what a push of the folder would run')
    .option('--json', 'for machines: the plan, or the diagnostics')
    .action(run)
  return withOccasion(command)
}

async function run(file: string | undefined, options: Options): Promise<void> {
  endWithReader()
  const project = await openProject(options)
  const { result, file: path } = await compileProject(project, file)
  if (result.kind === 'problems') process.exitCode = 1
  if (options.json) {
    const { trigger } = project
    process.stdout.write(`${JSON.stringify({ file: path, trigger, ...result }, undefined, 2)}\n`)
    return
  }
  tellDiagnostics(result.diagnostics)
  const text = textOf(result, path)
  if (text !== undefined) process.stdout.write(`${text}\n`)
}

function textOf(result: CompileResult, file: string): string | undefined {
  if (result.kind === 'problems') return undefined
  if (result.kind === 'plan') return planText(result.plan, file)
  return [`${file}: nothing runs: ${result.reason}`, ...excludedLines(result.excluded)].join('\n')
}
