import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createLogger, type Logger } from '../../core/index.ts'
import { type RunnerOptions, runRunner } from '../../runner/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { type JobFlags, withJobOptions } from '../runner-options.ts'
import { version } from '../version.ts'

interface RunnerFlags extends JobFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
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
