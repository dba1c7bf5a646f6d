import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createLogger, parseSize } from '../../core/index.ts'
import { type RunningHost, runHost } from '../../inference/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { version } from '../version.ts'

interface HostFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
  readonly threads?: number
  readonly memory?: number
  readonly keep: boolean
}

/** `ballast host`: starts, warms, watches and ends the replicas of this machine. `script` starts each of them. */
export function hostCommand(script: string = process.argv[1] ?? ''): Command {
  return new Command('host')
    .description('serve the models of a Ballast server on this machine')
    .requiredOption('--server <url>', 'the control plane, such as http://127.0.0.1:7420')
    .addOption(new Option('--token <token>', 'a token of scope agent:host').env('BALLAST_TOKEN'))
    .option('--token-file <file>', 'read the token from a file')
    .option('--data <folder>', "the host's own folder: model files, sockets, logs", './ballast-host')
    .option('--name <name>', 'shown beside its replicas', hostname())
    .option('--threads <n>', 'threads of a replica; default a quarter of the processors', positive)
    .option(
      '--memory <size>',
      "of all replicas together, such as 8GiB: those used least sleep; default three quarters of the control group's limit, where it has one",
      parseSize,
    )
    .option('--keep', 'when stopped, leave replicas serving for the next host in this folder', false)
    .action((flags: HostFlags) => run(flags, realpathSync(script)))
}

async function run(flags: HostFlags, script: string): Promise<void> {
  const token = flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim())
  if (!token)
    throw new InvalidArgumentError('Give a token: --token-file, or BALLAST_TOKEN in the environment.')
  // No replica inherits it.
  delete process.env['BALLAST_TOKEN']
  const dataDir = resolve(flags.data)
  const logger = createLogger('host')
  let host: RunningHost | undefined
  const control = await serveControl('host', dataDir, {
    version,
    onStop: async () => host?.close({ keep: flags.keep }),
  })
  host = await runHost({
    serverUrl: flags.server.replace(/\/+$/, ''),
    token,
    dataDir,
    name: flags.name,
    command: [process.execPath, script],
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.memory === undefined ? {} : { memoryBytes: flags.memory }),
    logger,
  })
  logger.info({ name: flags.name }, 'host ready')
  control.ready()
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 256)
    throw new InvalidArgumentError('Expected 1 to 256.')
  return value
}
