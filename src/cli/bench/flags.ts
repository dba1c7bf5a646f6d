import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../core/index.ts'
import { type BenchProtocol, PROTOCOLS } from './messages.ts'
import { parseSlo, type Slo } from './slo.ts'

export interface BenchFlags {
  readonly rate?: number
  readonly concurrency?: number
  readonly duration?: number
  readonly arrivals: 'poisson' | 'constant'
  readonly ramp: number
  readonly warmUp: number
  readonly connections?: number
  readonly workers?: number
  readonly rounds: number
  readonly find: boolean
  readonly slo: Slo
  readonly input?: readonly string[]
  readonly text?: string
  readonly type?: string
  readonly batch: number
  readonly shape?: ReadonlyMap<string, readonly number[]>
  readonly protocol: BenchProtocol
  readonly url?: string
  readonly version?: number
  readonly environment?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly timeout: number
  readonly insecure: boolean
  readonly json?: boolean
  readonly worker?: boolean
}

/** Of the load, and of one trial of --find. */
export const DURATION_MS = 10_000
export const TRIAL_MS = 5000
export const CONNECTIONS = 256
export const GRPC_CONNECTIONS = 8
export const MAX_WORKERS = 16

export function withBenchOptions(command: Command): Command {
  return command
    .description('put load on a model and tell its latencies: at a fixed rate, or with a number of callers')
    .argument(
      '[endpoints...]',
      'addresses such as http://127.0.0.1:7421/v2/models/digits; several are compared; or model files',
    )
    .option('--rate <n/s>', 'requests a second, whether or not answers come', readRate)
    .addOption(
      new Option('--concurrency <n>', 'instead: so many callers, each waits for its answer')
        .argParser(whole(100_000))
        .conflicts(['rate', 'find']),
    )
    .option('--duration <duration>', 'of the load (default: 10s; 5s a trial of --find)', parseDuration)
    .addOption(
      new Option('--arrivals <how>', 'of --rate').choices(['poisson', 'constant']).default('poisson'),
    )
    .addOption(
      new Option('--ramp <duration>', 'in which the rate grows from nothing; counted as well')
        .argParser(parseDuration)
        .default(0, 'none'),
    )
    .addOption(
      new Option('--warm-up <duration>', 'before, not counted').argParser(parseDuration).default(1000, '1s'),
    )
    .option('--connections <n>', `at most (default: ${CONNECTIONS}; gRPC ${GRPC_CONNECTIONS})`, whole(20_000))
    .option('--workers <n>', 'processes that make the load', whole(MAX_WORKERS))
    .option('--rounds <n>', 'times in turn, where several endpoints are compared', whole(1000), 3)
    .option('--find', 'the highest rate that keeps --slo', false)
    .addOption(
      new Option('--slo <promise>', 'such as p99<20ms')
        .argParser(parseSlo)
        .default(parseSlo('p99<100ms'), 'p99<100ms'),
    )
    .option(
      '--input <file>',
      'an image, a table, a request …, as of ballast predict; may be given again',
      gather,
    )
    .option('--text <text>', 'a text as input')
    .option('--type <type>', 'content type of the input')
    .option('--batch <n>', 'examples in each made-up input', whole(65_536), 1)
    .option(
      '--shape <name=sizes>',
      'of a made-up input, such as x=1,3,224,224; may be given again',
      readShape,
    )
    .addOption(new Option('--protocol <name>', 'of made-up inputs').choices([...PROTOCOLS]).default('binary'))
    .option('--url <url>', 'a gateway, where endpoints are names of models')
    .option('--version <n>', 'this version of the model', whole(999_999_999))
    .option('--environment <name>', 'default: production')
    .option('--token <token>', 'of the scope predict')
    .option('--token-file <file>', 'read the token from a file')
    .addOption(
      new Option('--timeout <duration>', 'for each answer').argParser(parseDuration).default(10_000, '10s'),
    )
    .option('--insecure', 'take any certificate', false)
    .option('--json', 'for machines')
    .addOption(new Option('--worker').hideHelp())
}

/** `200/s`, `200`, `12k/min`. */
function readRate(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(k?)\s*(?:\/\s*(s|min))?\s*$/.exec(text)
  const rate =
    match === null ? 0 : (Number(match[1]) * (match[2] === 'k' ? 1000 : 1)) / (match[3] === 'min' ? 60 : 1)
  if (rate > 0 && rate <= 1_000_000) return rate
  throw new InvalidArgumentError('Expected a rate such as 200/s.')
}

function readShape(
  text: string,
  all: ReadonlyMap<string, readonly number[]> = new Map(),
): ReadonlyMap<string, readonly number[]> {
  const match = /^([^=]+)=(\d{1,9}(?:,\d{1,9})*)$/.exec(text)
  if (match === null)
    throw new InvalidArgumentError('Expected an input and its sizes, such as x=1,3,224,224.')
  return new Map([...all, [match[1]!, match[2]!.split(',').map(Number)]])
}

function gather(text: string, all: readonly string[] = []): readonly string[] {
  return [...all, text]
}

function whole(most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`Expected 1 to ${most}.`)
  }
}
