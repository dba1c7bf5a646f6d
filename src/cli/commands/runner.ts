import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createLogger, type Logger, parseSize } from '../../core/index.ts'
import { type RunnerOptions, runRunner } from '../../runner/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { version } from '../version.ts'

interface RunnerFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
  readonly concurrency: number
  readonly cpus?: number
  readonly memory?: number
  readonly label: readonly string[]
  readonly untagged: boolean
  readonly executor: 'auto' | 'process' | 'container'
  readonly image?: string
  readonly sandbox: 'auto' | 'bubblewrap' | 'uid' | 'none'
  readonly tools: readonly string[]
  readonly keep: boolean
  readonly drain: boolean
}

/** `ballast runner`: leases attempts from a control plane and runs them on this machine. */
export function runnerCommand(): Command {
  return withJobOptions(
    new Command('runner')
      .description('run the jobs of a Ballast server on this machine')
      .requiredOption('--server <url>', 'the control plane, such as http://127.0.0.1:7420')
      .addOption(new Option('--token <token>', 'a token of scope agent:runner').env('BALLAST_TOKEN'))
      .option('--token-file <file>', 'read the token from a file')
      .option('--data <folder>', "the runner's own folder", './ballast-runner')
      .option('--name <name>', 'shown beside its attempts', hostname()),
  )
    .addOption(
      new Option('--sandbox <kind>', 'none runs jobs as this very user: only where every job is trusted')
        .choices(['auto', 'bubblewrap', 'uid', 'none'])
        .default('auto'),
    )
    .option('--tools <folder...>', 'folders outside /usr that jobs may read, such as /opt/conda', [])
    .option('--keep', 'when stopped, leave jobs running for the next runner in this folder', false)
    .option('--drain', 'when stopped, take nothing new and finish what runs; a second signal stops it', false)
    .action(run)
}

/** What jobs the runner takes, and how many at once. */
function withJobOptions(command: Command): Command {
  return command
    .option('--label <label>', 'a label that jobs may ask for; give it again for each', collectLabel, [])
    .option('--no-untagged', 'leave jobs without labels to others')
    .addOption(
      new Option('--executor <kind>', 'auto: jobs with an image in containers where podman or docker works')
        .choices(['auto', 'process', 'container'])
        .default('auto'),
    )
    .option('--image <image>', 'with --executor container: for jobs that name none')
    .option('--concurrency <n>', 'attempts at once', positive, 4)
    .option('--cpus <n>', 'cores that jobs may take together; all of them by default', cores)
    .option('--memory <size>', 'memory that jobs may take together, such as 16GiB; all by default', size)
}

async function run(flags: RunnerFlags): Promise<void> {
  const token = flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim())
  if (!token)
    throw new InvalidArgumentError('Give a token: --token-file, or BALLAST_TOKEN in the environment.')
  // Nothing that is started from here inherits it.
  delete process.env['BALLAST_TOKEN']
  const logger = createLogger('runner')
  const [stop, drain] = [new AbortController(), new AbortController()]
  let running: Promise<void> | undefined
  const dataDir = resolve(flags.data)
  const control = await serveControl('runner', dataDir, {
    version,
    async onStop() {
      if (flags.drain) drainFirst(drain, stop, logger)
      else stop.abort()
      await running
    },
  })
  running = runRunner({
    ...optionsOf(flags, dataDir),
    token,
    signal: stop.signal,
    drain: drain.signal,
    logger,
    onReady: sandbox => {
      logger.info({ name: flags.name, sandbox, concurrency: flags.concurrency }, 'runner ready')
      control.ready({ sandbox })
    },
  })
  await running
}

function optionsOf(flags: RunnerFlags, dataDir: string): Omit<RunnerOptions, 'token' | 'signal'> {
  const { cpus, memory, image } = flags
  return {
    serverUrl: flags.server,
    dataDir,
    name: flags.name,
    concurrency: flags.concurrency,
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memoryBytes: memory }),
    labels: flags.label,
    untagged: flags.untagged,
    executor: flags.executor,
    ...(image !== undefined && { image }),
    sandbox: flags.sandbox,
    tools: flags.tools.map(folder => resolve(folder)),
    keep: flags.keep,
    entry: { node: process.execPath, script: resolve(process.argv[1] ?? '') },
  }
}

function drainFirst(drain: AbortController, stop: AbortController, logger: Logger): void {
  logger.info({}, 'taking nothing new; finishing what runs (a second signal stops it)')
  const now = (): void => stop.abort()
  process.once('SIGTERM', now).once('SIGINT', now)
  drain.abort()
}

function collectLabel(label: string, before: readonly string[]): readonly string[] {
  const text = label.trim()
  if (text === '' || text.length > 100)
    throw new InvalidArgumentError('Expected a label of 1 to 100 characters.')
  if (before.length >= 100) throw new InvalidArgumentError('A runner has 100 labels at most.')
  return [...new Set([...before, text])]
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 64) throw new InvalidArgumentError('Expected 1 to 64.')
  return value
}

function cores(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 4096))
    throw new InvalidArgumentError('Expected a number of cores such as 8 or 0.5.')
  return value
}

function size(text: string): number {
  try {
    const bytes = parseSize(text)
    if (bytes > 0) return bytes
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Expected a size such as 16GiB or 500MB.')
}
