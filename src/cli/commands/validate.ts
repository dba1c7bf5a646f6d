import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { styleText } from 'node:util'
import { Command } from 'commander'
import {
  configFromConvention,
  MAX_CONFIG_BYTES,
  type ModelRepository,
  type ParsedConfig,
  parseConfig,
  planFacts,
} from '../../config/index.ts'
import {
  branchMatches,
  CoreError,
  type Diagnostic,
  formatDiagnostic,
  formatPercent,
  hasErrors,
  systemCode,
} from '../../core/index.ts'
import { buildPlan, type Plan, type PlannedJob } from '../../pipeline/index.ts'

const FILE = 'ballast.yaml'
/** Enough for any model repository; a home folder by mistake must not take minutes. */
const MAX_FILES = 20_000
/** Made by tools, never pushed. */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__'])

interface Options {
  readonly json?: boolean
  readonly branch: string
  readonly defaultBranch: string
}

/** `ballast validate [path]`: every finding about a ballast.yaml, and the pipeline that a push would run. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check a ballast.yaml, and show which pipeline a push would run')
    .argument('[path]', 'a model repository, or its ballast.yaml', '.')
    .option('--json', 'print diagnostics, repository and plan as JSON on standard output')
    .option('--branch <name>', 'show the pipeline of a push to this branch', 'main')
    .option('--default-branch <name>', 'the default branch of the project', 'main')
    .action(async (path: string, options: Options) => {
      const { parsed, shown } = await readRepository(path, options.defaultBranch)
      const plan = parsed.repository && planOf(parsed.repository, options)
      if (hasErrors(parsed.diagnostics)) process.exitCode = 1
      if (options.json) process.stdout.write(`${JSON.stringify({ ...parsed, plan }, undefined, 2)}\n`)
      else print(parsed, shown, plan, options.branch)
    })
}

interface Validated {
  readonly parsed: ParsedConfig
  /** What was read, for the last line. */
  readonly shown: string
}

async function readRepository(path: string, defaultBranch: string): Promise<Validated> {
  const isFolder = await stat(path).then(
    found => found.isDirectory(),
    cause => {
      throw unreadable(path, cause)
    },
  )
  const folder = resolve(isFolder ? path : dirname(path))
  const shown = isFolder ? join(path, FILE) : path
  const facts = { file: shown, repositoryName: basename(folder), defaultBranch }
  const files = await listFiles(folder)
  const whole = files.length < MAX_FILES ? { files } : {}
  const text = await readConfig(shown, isFolder)
  if (text !== undefined) return { parsed: parseConfig(text, { ...facts, ...whole }), shown }
  const parsed = configFromConvention(files, facts)
  if (parsed) return { parsed, shown: `${path} (no ${FILE}; by convention)` }
  throw new CoreError('FILE_UNREADABLE', {
    message: `There is neither a ${FILE} nor a model in ${path}`,
    hint: `Name the folder of a model repository, or write a ${FILE} with 'model: model.onnx'.`,
  })
}

/** Undefined when a folder has none. Reads no more than a byte over the limit, which the reader then refuses. */
async function readConfig(path: string, optional: boolean): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size > MAX_CONFIG_BYTES) return ' '.repeat(MAX_CONFIG_BYTES + 1)
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (optional && systemCode(cause) === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
}

/** Paths of regular files below `folder`, with `/`, at most MAX_FILES. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const files: string[] = []
  const open = [folder]
  for (let next = open.pop(); next !== undefined && files.length < MAX_FILES; next = open.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name)
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) open.push(path)
      if (entry.isFile() && files.length < MAX_FILES) files.push(relative(folder, path).split(sep).join('/'))
    }
  }
  return files.sort()
}

function planOf(repository: ModelRepository, { branch, defaultBranch }: Options): Plan {
  const environments = repository.environments
    .filter(environment => branchMatches(environment.branch, branch))
    .map(({ name, approve }) => ({ name, approval: approve, allowed: true }))
  return buildPlan({
    ...planFacts(repository),
    jobs: repository.jobs,
    hasGates: repository.gates.length > 0,
    onDefaultBranch: branch === defaultBranch,
    branch,
    environments,
  })
}

function print(
  { diagnostics, repository }: ParsedConfig,
  shown: string,
  plan: Plan | undefined,
  branch: string,
): void {
  for (const diagnostic of diagnostics) process.stderr.write(`${coloured(diagnostic)}\n`)
  if (!repository || !plan) {
    process.stderr.write(`${shown}: ${counted(diagnostics, 'error')}, ${counted(diagnostics, 'warning')}\n`)
    return
  }
  const { name, file, task } = repository.model
  process.stdout.write(`${shown} is valid: model ${name} (${task}) from ${file}\n`)
  process.stdout.write(`A push to ${branch} runs:\n`)
  const width = Math.max(...plan.jobs.map(job => job.name.length))
  for (const job of plan.jobs)
    process.stdout.write(`  ${job.name.padEnd(width)}  ${described(job, repository)}\n`)
}

function counted(diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): string {
  const count = diagnostics.filter(found => found.severity === severity).length
  return `${count} ${severity}${count === 1 ? '' : 's'}`
}

function described(job: PlannedJob, repository: ModelRepository): string {
  const after = job.needs.length > 0 ? `after ${job.needs.join(', ')}` : 'at once'
  if (job.skip !== undefined) return `skipped: ${job.skip}`
  if (job.work.kind !== 'deploy') return after
  const { environment, approval } = job.work
  const request = repository.environments.find(({ name }) => name === environment)
  const steps = request?.steps.map(({ weight, shadow }) =>
    shadow === undefined ? formatPercent(weight) : `shadow${shadow < 1 ? ` ${formatPercent(shadow)}` : ''}`,
  )
  return `${after}; ${wayOf(request?.strategy, steps)}${approval ? '; waits for approval' : ''}`
}

function wayOf(
  strategy: ModelRepository['environments'][number]['strategy'] | undefined,
  steps: readonly string[] = [],
): string {
  if (strategy === 'ab') return `A/B with ${steps.join()} for the candidate`
  if (strategy === 'bandit') return `bandit from ${steps.join()} on`
  return strategy === 'canary' ? `canary ${steps.join(' → ')} → 100 %` : 'all traffic at once'
}

/** The place bold, the severity in its colour, on a terminal that wants colours. */
function coloured(diagnostic: Diagnostic): string {
  const line = formatDiagnostic(diagnostic)
  const mark = `: ${diagnostic.severity}: `
  const at = line.indexOf(mark)
  const stream = process.stderr
  const severity = styleText(diagnostic.severity === 'error' ? 'red' : 'yellow', diagnostic.severity, {
    stream,
  })
  return `${styleText('bold', line.slice(0, at), { stream })}: ${severity}: ${line.slice(at + mark.length)}`
}

function unreadable(path: string, cause: unknown): CoreError {
  const missing = systemCode(cause) === 'ENOENT'
  return new CoreError('FILE_UNREADABLE', {
    message: missing ? `There is no file or folder ${path}` : `Could not read ${path}`,
    hint: missing ? 'Check the name.' : 'Check its permissions.',
    cause,
  })
}
