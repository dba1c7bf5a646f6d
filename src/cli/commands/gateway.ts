import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createLogger, parseSize } from '../../core/index.ts'
import { type RunningGateway, runGateway } from '../../inference/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { version } from '../version.ts'

interface GatewayFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly maxBody?: number
}

/** `ballast gateway`: routes predictions to replicas and splits the traffic of rollouts. */
export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('answer predictions over HTTP (Open Inference Protocol, images)')
    .requiredOption('--server <url>', 'the control plane, such as http://127.0.0.1:7420')
    .addOption(new Option('--token <token>', 'a token of scope agent:gateway').env('BALLAST_TOKEN'))
    .option('--token-file <file>', 'read the token from a file')
    .option('--data <folder>', 'keeps the last routing table', './ballast-gateway')
    .option('--name <name>', 'shown beside its counts', hostname())
    .option('--listen <host:port>', 'where clients connect', readListen, { host: '127.0.0.1', port: 7421 })
    .option('--max-body <size>', 'largest request, such as 64 MiB', readBody)
    .action(run)
}

async function run(flags: GatewayFlags): Promise<void> {
  const token = flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim())
  if (!token)
    throw new InvalidArgumentError('Give a token: --token-file, or BALLAST_TOKEN in the environment.')
  delete process.env['BALLAST_TOKEN']
  const dataDir = resolve(flags.data)
  const logger = createLogger('gateway')
  let gateway: RunningGateway | undefined
  const control = await serveControl('gateway', dataDir, { version, onStop: async () => gateway?.close() })
  gateway = await runGateway({
    serverUrl: flags.server.replace(/\/+$/, ''),
    token,
    dataDir,
    name: flags.name,
    listen: flags.listen,
    version,
    ...(flags.maxBody === undefined ? {} : { maxBodyBytes: flags.maxBody }),
    logger,
  })
  logger.info({ name: flags.name, url: gateway.url }, 'gateway ready')
  control.ready({ url: gateway.url })
}

/** `127.0.0.1:7421`, `[::1]:7421`, `7421`. */
function readListen(text: string): GatewayFlags['listen'] {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new InvalidArgumentError('Expected host:port.')
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
}

/** Up to the frames' own limit. */
function readBody(text: string): number {
  const bytes = parseSize(text)
  if (bytes > 64 * 2 ** 20) throw new InvalidArgumentError('The largest possible is 64 MiB.')
  return bytes
}
