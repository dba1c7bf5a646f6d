import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isRegion } from '../../api/index.ts'
import { createLogger, parsePercent, parseSize } from '../../core/index.ts'
import {
  defaultAccessLog,
  type GatewayOptions,
  type RunningGateway,
  runGateway,
  type TelemetryOptions,
} from '../../inference/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { version } from '../version.ts'

interface GatewayFlags {
  readonly server: string
  readonly token?: string
  readonly tokenFile?: string
  readonly data: string
  readonly name: string
  readonly region?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly maxBody?: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly accessLog?: string
  readonly accessLogSample: number
  readonly accessLogSize?: number
  readonly traceSample?: number
}

/** `ballast gateway`: routes predictions to replicas and splits the traffic of rollouts. */
export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('answer predictions over HTTP and gRPC (Open Inference Protocol, V1, images)')
    .requiredOption('--server <url>', 'the control plane, such as http://127.0.0.1:7420')
    .addOption(new Option('--token <token>', 'a token of scope agent:gateway').env('BALLAST_TOKEN'))
    .option('--token-file <file>', 'read the token from a file')
    .option('--data <folder>', 'keeps the last routing table', './ballast-gateway')
    .option('--name <name>', 'shown beside its counts', hostname())
    .option('--region <name>', 'by which rollouts reach it in waves, such as eu', readRegion)
    .addOption(
      new Option('--listen <host:port>', 'where clients connect')
        .argParser(readListen)
        .default({ host: '127.0.0.1', port: 7421 }, '127.0.0.1:7421'),
    )
    .option('--max-body <size>', 'largest request, such as 64 MiB', readBody)
    .option(
      '--tls-cert <file>',
      'speak TLS: the certificate chain in PEM; renewed files are taken as they come',
    )
    .option('--tls-key <file>', 'its private key in PEM')
    .option(
      '--access-log <file>',
      "one JSON line a request; - for standard output, 'none' for none (default: access.log in the data folder)",
    )
    .option(
      '--access-log-sample <share>',
      'how many successful requests are logged, such as 10%; errors always',
      readShare,
      1,
    )
    .option('--access-log-size <size>', 'a larger log becomes access.log.1 (default: 64 MiB)', parseSize)
    .option(
      '--trace-sample <share>',
      'how many requests without a trace begin one (needs OTEL_EXPORTER_OTLP_ENDPOINT)',
      readShare,
    )
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
    ...(flags.region !== undefined && { region: flags.region }),
    listen: flags.listen,
    version,
    ...(flags.maxBody === undefined ? {} : { maxBodyBytes: flags.maxBody }),
    tls: readTls(flags),
    logger,
    telemetry: telemetryOf(flags, dataDir),
  })
  logger.info({ name: flags.name, url: gateway.url }, 'gateway ready')
  control.ready({ url: gateway.url })
}

function telemetryOf(flags: GatewayFlags, dataDir: string): TelemetryOptions {
  const { accessLog = defaultAccessLog(dataDir), accessLogSample, accessLogSize, traceSample } = flags
  return {
    accessLog: accessLog === 'none' ? undefined : accessLog,
    accessLogSample,
    accessLogBytes: accessLogSize,
    traceSample,
  }
}

function readRegion(text: string): string {
  if (isRegion(text)) return text
  throw new InvalidArgumentError("Expected lower-case letters, digits and '-', 40 at most, such as eu-west.")
}

/** `10%`, `0.1`. */
function readShare(text: string): number {
  const share = text.trim().endsWith('%') ? parsePercent(text) : Number(text)
  if (text.trim() !== '' && share >= 0 && share <= 1) return share
  throw new InvalidArgumentError('Expected a share such as 10%.')
}

function readTls({ tlsCert, tlsKey }: GatewayFlags): GatewayOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { certPath: resolve(tlsCert), keyPath: resolve(tlsKey) }
  }
  throw new InvalidArgumentError('--tls-cert and --tls-key go together.')
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
