import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BallastError, parseDuration } from '../../core/index.ts'
import {
  describeComparison,
  describeFound,
  describeReport,
  describeTrial,
  jsonOf,
  type Report,
  rateText,
} from '../bench/describe.ts'
import { findRate } from '../bench/find.ts'
import { type Generators, joined, type Measured, measure } from '../bench/measure.ts'
import { type BenchProtocol, PROTOCOLS } from '../bench/messages.ts'
import type { Plan } from '../bench/plan.ts'
import { parseSlo, type Slo } from '../bench/slo.ts'
import { type Subject, type SubjectOptions, subjectOf } from '../bench/subject.ts'
import { generatorProcess } from '../bench/worker.ts'
import { hasUnicode } from '../output/bar.ts'

interface Flags {
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
  readonly input: readonly string[]
  readonly text?: string
  readonly type?: string
  readonly batch: number
  readonly shape: ReadonlyMap<string, readonly number[]>
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

const DURATION_MS = 10_000
const TRIAL_MS = 5000
const FIRST_RATE = 100
const CONNECTIONS = 256
const GRPC_CONNECTIONS = 8
const MAX_WORKERS = 16

/** `script` is what the generators are started with. */
export function benchCommand(script: string = process.argv[1] ?? ''): Command {
  const command = new Command('bench')
    .description('put load on a model and tell its latencies: at a fixed rate, or with a number of callers')
    .argument(
      '[endpoints...]',
      'addresses such as http://127.0.0.1:7421/v2/models/digits; several are compared',
    )
    .option('--rate <n/s>', 'requests a second, whether or not answers come', readRate)
    .option('--concurrency <n>', 'instead: so many callers, each waits for its answer', whole(100_000))
    .option('--duration <duration>', 'of the load (default: 10s; 5s a trial of --find)', parseDuration)
    .addOption(
      new Option('--arrivals <how>', 'of --rate').choices(['poisson', 'constant']).default('poisson'),
    )
    .option('--ramp <duration>', 'in which the rate grows from nothing; counted as well', parseDuration, 0)
    .option('--warm-up <duration>', 'before, not counted', parseDuration, 1000)
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
      [],
    )
    .option('--text <text>', 'a text as input')
    .option('--type <type>', 'content type of the input')
    .option('--batch <n>', 'examples in each made-up input', whole(65_536), 1)
    .option(
      '--shape <name=sizes>',
      'of a made-up input, such as x=1,3,224,224; may be given again',
      readShape,
      new Map(),
    )
    .addOption(new Option('--protocol <name>', 'of made-up inputs').choices([...PROTOCOLS]).default('binary'))
    .option('--url <url>', 'a gateway, where endpoints are names of models')
    .option('--version <n>', 'this version of the model', whole(999_999_999))
    .option('--environment <name>', 'default: production')
    .option('--token <token>', 'of the scope predict')
    .option('--token-file <file>', 'read the token from a file')
    .option('--timeout <duration>', 'for each answer', parseDuration, 10_000)
    .option('--insecure', 'take any certificate', false)
    .option('--json', 'for machines')
    .addOption(new Option('--worker').hideHelp())
  return command.action((endpoints: readonly string[], flags: Flags) =>
    flags.worker ? generatorProcess() : run(endpoints, flags, realpathSync(script)),
  )
}

interface Work {
  readonly flags: Flags
  readonly subjects: readonly Subject[]
  readonly generators: Generators
  readonly unicode: boolean
}

async function run(endpoints: readonly string[], flags: Flags, script: string): Promise<void> {
  if (endpoints.length === 0) {
    throw new BallastError('ARGUMENT_MISSING', {
      message: 'There is nothing to measure',
      hint: 'Name an address, such as http://127.0.0.1:7421/v2/models/digits.',
    })
  }
  const token =
    flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim()) ?? undefined
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const subjects: Subject[] = []
  for (const endpoint of endpoints) subjects.push(await subjectOf(endpoint, subjectOptions(flags, token)))
  const generators: Generators = {
    command: [process.execPath, script, 'bench', '--worker'],
    count: flags.workers ?? workersFor(flags),
    signal: stop.signal,
  }
  const work: Work = { flags, subjects, generators, unicode: hasUnicode() }
  try {
    await (flags.find ? find(work) : load(work))
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.exitCode = 130
  }
}

/** Some thousand requests a second are one process's work; half of the processors are the server's. */
function workersFor({ rate = 0, concurrency }: Flags): number {
  const wanted = concurrency === undefined ? Math.ceil(rate / 4000) : Math.ceil(concurrency / 64)
  return Math.min(Math.max(1, wanted), Math.max(1, Math.floor(availableParallelism() / 2)), MAX_WORKERS)
}

function subjectOptions(flags: Flags, token: string | undefined): SubjectOptions {
  const { url, version, environment, protocol, text, type, batch, timeout, insecure } = flags
  const given = { url, version, environment, protocol, text, type, batch, insecure, token }
  return { ...given, inputs: flags.input, shapes: flags.shape, timeoutMs: timeout }
}

async function load({ flags, subjects, generators, unicode }: Work): Promise<void> {
  const rounds = subjects.length > 1 ? flags.rounds : 1
  const measured = subjects.map((): Measured[] => [])
  // In turn, so that a machine that is busy for a while is busy for all.
  for (let round = 0; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      measured[i]!.push(await measure(planOf(subject, flags, flags.rate ?? FIRST_RATE, round), generators))
    }
  }
  const open = flags.concurrency === undefined
  const reports = subjects.map(
    (subject, i): Report => ({ subject, how: howOf(flags), measured: joined(measured[i]!), open }),
  )
  if (flags.json) {
    const values = reports.map(jsonOf)
    process.stdout.write(`${JSON.stringify(values.length === 1 ? values[0] : values, null, 2)}\n`)
    return
  }
  const parts = reports.map(report => describeReport(report, unicode))
  if (reports.length > 1) parts.push(describeComparison(reports))
  process.stdout.write(`${parts.join('\n\n')}\n`)
}

async function find({ flags, subjects, generators, unicode }: Work): Promise<void> {
  const { slo, json = false } = flags
  const results: object[] = []
  for (const subject of subjects) {
    if (!json) process.stdout.write(`${subject.name}  (${subject.what}; ${slo.text})\n\n`)
    let seed = 0
    const found = await findRate(
      flags.rate ?? FIRST_RATE,
      slo,
      rate => measure(planOf(subject, flags, rate, seed++), generators),
      trial => {
        if (!json) process.stdout.write(`${describeTrial(trial, unicode)}\n`)
      },
    )
    if (!json) process.stdout.write(`\n${describeFound(found, slo.text)}\n\n`)
    const trials = found.trials.map(({ rate, broken, measured }) => ({
      rate,
      kept: broken === undefined,
      ...(broken !== undefined && { broken }),
      ...jsonOf({ subject, how: `${rateText(rate)}/s`, measured, open: true }),
    }))
    results.push({ endpoint: subject.name, slo: slo.text, rate: found.rate, trials })
  }
  if (json) process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`)
}

function planOf({ plan }: Subject, flags: Flags, rate: number, seed: number): Plan {
  const { concurrency, arrivals, ramp, warmUp, timeout, insecure, find } = flags
  const grpc = plan.transport === 'grpc'
  return {
    ...plan,
    requests: [...plan.requests],
    load:
      concurrency === undefined || find
        ? { kind: 'open', rate, arrivals, rampMs: ramp, offsetMs: 0, seed: seed * MAX_WORKERS + 1 }
        : { kind: 'closed', concurrency },
    connections: flags.connections ?? (grpc ? GRPC_CONNECTIONS : (concurrency ?? CONNECTIONS)),
    durationMs: flags.duration ?? (find ? TRIAL_MS : DURATION_MS),
    warmUpMs: warmUp,
    timeoutMs: timeout,
    insecure,
  }
}

function howOf({ concurrency, rate = FIRST_RATE, arrivals }: Flags): string {
  return concurrency === undefined ? `${rateText(rate)}/s, ${arrivals} arrivals` : `${concurrency} at once`
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
  all: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly number[]> {
  const match = /^([^=]+)=(\d{1,9}(?:,\d{1,9})*)$/.exec(text)
  if (match === null)
    throw new InvalidArgumentError('Expected an input and its sizes, such as x=1,3,224,224.')
  return new Map([...all, [match[1]!, match[2]!.split(',').map(Number)]])
}

function gather(text: string, all: readonly string[]): readonly string[] {
  return [...all, text]
}

function whole(most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`Expected 1 to ${most}.`)
  }
}
