import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createLogger } from '../../core/index.ts'
import { runRunner } from '../../runner/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { version } from '../version.ts'

interface RunnerFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
  readonly concurrency: number
  readonly sandbox: 'auto' | 'bubblewrap' | 'uid' | 'none'
  readonly tools: readonly string[]
  readonly keep: boolean
}

/** `ballast runner`: leases attempts from a control plane and runs them on this machine. */
export function runnerCommand(): Command {
  return new Command('runner')
    .description('run the jobs of a Ballast server on this machine')
    .requiredOption('--server <url>', 'the control plane, such as http://127.0.0.1:7420')
    .addOption(new Option('--token <token>', 'a token of scope agent:runner').env('BALLAST_TOKEN'))
    .option('--token-file <file>', 'read the token from a file')
    .option('--data <folder>', "the runner's own folder", './ballast-runner')
    .option('--name <name>', 'shown beside its attempts', hostname())
    .option('--concurrency <n>', 'attempts at once', positive, 4)
    .addOption(
      new Option('--sandbox <kind>', 'none runs jobs as this very user: only where every job is trusted')
        .choices(['auto', 'bubblewrap', 'uid', 'none'])
        .default('auto'),
    )
    .option('--tools <folder...>', 'folders outside /usr that jobs may read, such as /opt/conda', [])
    .option('--keep', 'when stopped, leave jobs running for the next runner in this folder', false)
    .action(run)
}

async function run(flags: RunnerFlags): Promise<void> {
  const token = flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim())
  if (!token)
    throw new InvalidArgumentError('Give a token: --token-file, or BALLAST_TOKEN in the environment.')
  // Nothing that is started from here inherits it.
  delete process.env['BALLAST_TOKEN']
  const logger = createLogger('runner')
  const stop = new AbortController()
  const dataDir = resolve(flags.data)
  let running: Promise<void> | undefined
  const control = await serveControl('runner', dataDir, {
    version,
    onStop: async () => {
      stop.abort()
      await running
    },
  })
  running = runRunner({
    serverUrl: flags.server,
    token,
    dataDir,
    name: flags.name,
    concurrency: flags.concurrency,
    sandbox: flags.sandbox,
    tools: flags.tools.map(folder => resolve(folder)),
    keep: flags.keep,
    entry: { node: process.execPath, script: resolve(process.argv[1] ?? '') },
    signal: stop.signal,
    logger,
    onReady: sandbox => {
      logger.info({ name: flags.name, sandbox, concurrency: flags.concurrency }, 'runner ready')
      control.ready({ sandbox })
    },
  })
  await running
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 64) throw new InvalidArgumentError('Expected 1 to 64.')
  return value
}
