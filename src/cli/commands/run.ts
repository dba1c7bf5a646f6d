import { Command, InvalidArgumentError, Option } from 'commander'
import { BallastError } from '../../core/index.ts'
import type { Plan } from '../../pipeline/index.ts'
import { clean } from '../output/clean.ts'
import { endWithReader } from '../output/pipe.ts'
import { compileProject, openProject } from '../run/compile/compile.ts'
import { type OccasionOptions, withOccasion } from '../run/compile/options.ts'
import { watchInterrupts } from '../run/interrupt.ts'
import { runPlan } from '../run/run.ts'
import { selectJobs } from '../run/select.ts'
import { tellDiagnostics } from '../run/show/diagnostics.ts'
import { graphMermaid, graphText } from '../run/show/graph.ts'
import { excludedLines, planText } from '../run/show/list.ts'
import { progressFor } from '../run/show/progress.ts'

interface Options extends OccasionOptions {
  readonly file?: string
  readonly list?: boolean
  readonly names?: boolean
  readonly graph?: true | 'text' | 'mermaid'
  readonly manual?: true | readonly string[]
  readonly delays?: boolean
  readonly needs: boolean
  readonly jobs: number | 'auto'
  readonly sandbox: 'none' | 'bubblewrap' | 'auto'
  readonly image: boolean
  readonly secretFile?: string
  readonly passEnv?: readonly string[]
  readonly keepArtifacts?: boolean
  readonly logDir?: string
  readonly quiet?: boolean
  readonly json?: boolean
}

/** Ends with 0 when nothing failed, 1 when something did, 130 after Ctrl-C. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('run the pipeline of a working tree on this machine, with no server')
    .argument('[job...]', 'only these jobs, with what they need; default: all that would run by themselves')
    .option('--file <file>', 'a ballast.yaml or a .gitlab-ci.yml; default: what a push would run')
    .option('--list', 'list the jobs, and why each is in or out; run nothing')
    .option('--graph [kind]', 'draw the jobs (text or mermaid); run nothing', graphOf)
    .option('--manual [job...]', 'start manual jobs too: these, or all')
    .option('--delays', 'let delayed jobs wait; default: they start at once')
    .option('--no-needs', 'the named jobs alone, without what they need')
    .option(
      '--jobs <n>',
      'how many jobs at once; auto: as many as there are cores, and more while these are idle',
      slots,
      'auto',
    )
    .option(
      '--sandbox <kind>',
      'none, bubblewrap, or auto: bubblewrap where it works; none, as this is your machine',
      sandboxOf,
      'none',
    )
    .option('--no-image', 'run jobs that name an image on this machine instead')
    .option('--secret-file <file>', 'NAME=value lines for jobs; never shown in logs')
    .option('--pass-env <name...>', 'variables of your shell that jobs get too')
    .option('--keep-artifacts', 'copy what jobs keep into the working tree')
    .option('--log-dir <folder>', 'where logs go; default: .ballast/run/latest/logs')
    .option('-q, --quiet', 'only what came of each job')
    .option('--json', 'for machines: one event a line; with --list the plan')
    .addOption(new Option('--names', 'names of the jobs, one a line: for completion').hideHelp())
    .action(run)
  return withOccasion(command)
}

async function run(names: readonly string[], options: Options): Promise<void> {
  endWithReader()
  const project = await openProject(options)
  const compilation = await compileProject(project, options.file)
  const { result, file } = compilation
  if (!options.json) tellDiagnostics(result.diagnostics)
  if (result.kind === 'problems') {
    process.exitCode = 1
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  if (result.kind === 'nothing') {
    if ('unconfigured' in result)
      throw new BallastError('CONFIG_MISSING', {
        message: `${project.tree.root} has no ballast.yaml, no CI file and no model`,
        hint: 'Name another folder with --folder, or a file with --file.',
      })
    const text = [`${file}: nothing runs: ${result.reason}`, ...excludedLines(result.excluded)].join('\n')
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${text}\n`)
    return
  }
  const plan = selectJobs(result.plan, { jobs: names, withNeeds: options.needs })
  if (options.names) process.stdout.write(plan.jobs.map(({ name }) => `${clean(name)}\n`).join(''))
  else if (options.list || options.graph) show(plan, file, options)
  else await runSelected({ project, compilation, plan }, names, options)
}

function show(plan: Plan, file: string, { graph, json }: Options): void {
  const text = graph === 'mermaid' ? graphMermaid(plan) : graph ? graphText(plan) : planText(plan, file)
  process.stdout.write(json && !graph ? `${JSON.stringify(plan, undefined, 2)}\n` : `${text}\n`)
}

async function runSelected(
  compiled: Pick<Parameters<typeof runPlan>[0], 'project' | 'compilation' | 'plan'>,
  names: readonly string[],
  options: Options,
): Promise<void> {
  const progress = progressFor({ quiet: options.quiet === true, json: options.json === true })
  const interrupts = watchInterrupts(() => progress.note('ending the jobs; Ctrl-C again kills them'))
  try {
    const result = await runPlan({
      ...compiled,
      limit: options.jobs,
      settings: {
        noImage: !options.image,
        sandbox: options.sandbox,
        delays: options.delays === true,
        plays: playsOf(names, options.manual),
        entry: [process.execPath, process.argv[1] ?? ''],
      },
      ...(options.secretFile !== undefined && { secretFile: options.secretFile }),
      passedVariables: options.passEnv ?? [],
      ...(options.logDir !== undefined && { logDir: options.logDir }),
      keepArtifacts: options.keepArtifacts === true,
      tell: progress.tell,
      signal: interrupts.asked,
      kill: interrupts.killed,
    })
    progress.end()
    if (result.state !== 'succeeded' && result.state !== 'blocked') process.exitCode = 1
    if (interrupts.asked.aborted) process.exitCode = 130
    progress.finish(result)
  } finally {
    interrupts.close()
  }
}

/** A manual job that was named by its own name, or for which all manual ones were asked for. */
function playsOf(names: readonly string[], manual: Options['manual']): (job: string) => boolean {
  if (manual === true) return () => true
  const wanted = [...names, ...(manual ?? [])]
  return job => wanted.some(name => job === name || job.startsWith(`${name}: [`))
}

function graphOf(text: string): 'text' | 'mermaid' {
  if (text === 'text' || text === 'mermaid') return text
  throw new InvalidArgumentError('text or mermaid.')
}

function sandboxOf(text: string): Options['sandbox'] {
  if (text === 'none' || text === 'bubblewrap' || text === 'auto') return text
  throw new InvalidArgumentError('none, bubblewrap or auto.')
}

const MAX_JOBS_AT_ONCE = 512

function slots(text: string): number | 'auto' {
  if (text === 'auto') return text
  const count = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MAX_JOBS_AT_ONCE) return count
  throw new InvalidArgumentError(`auto, or a number from 1 to ${MAX_JOBS_AT_ONCE}.`)
}
