import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { BallastError } from '../../core/index.ts'
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
import {
  type BenchFlags,
  CONNECTIONS,
  DURATION_MS,
  GRPC_CONNECTIONS,
  MAX_WORKERS,
  TRIAL_MS,
  withBenchOptions,
} from '../bench/flags.ts'
import { type LocalServer, serveLocal } from '../bench/local-server.ts'
import { type Generators, joined, type Measured, measure } from '../bench/measure.ts'
import type { Plan } from '../bench/plan.ts'
import { type Subject, type SubjectOptions, subjectOf } from '../bench/subject.ts'
import { generatorProcess } from '../bench/worker.ts'
import { hasUnicode } from '../output/bar.ts'
import { isLocalModel } from '../predict/local.ts'

const FIRST_RATE = 100

/** `script` is what the generators are started with. */
export function benchCommand(script: string = process.argv[1] ?? ''): Command {
  return withBenchOptions(new Command('bench')).action((endpoints: readonly string[], flags: BenchFlags) =>
    flags.worker ? generatorProcess() : run(endpoints, flags, realpathSync(script)),
  )
}

interface Work {
  readonly flags: BenchFlags
  readonly subjects: readonly Subject[]
  readonly generators: Generators
  readonly unicode: boolean
}

async function run(endpoints: readonly string[], flags: BenchFlags, script: string): Promise<void> {
  if (endpoints.length === 0) {
    throw new BallastError('ARGUMENT_MISSING', {
      message: 'There is nothing to measure',
      hint: 'Name an address, such as http://127.0.0.1:7421/v2/models/digits, or a model file.',
    })
  }
  const token =
    flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim()) ?? undefined
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const servers: LocalServer[] = []
  try {
    const subjects: Subject[] = []
    for (const endpoint of endpoints) {
      const local = flags.url === undefined && !/^https?:/i.test(endpoint) && (await isLocalModel(endpoint))
      if (local) servers.push(await serveLocal(endpoint, [process.execPath, script]))
      const subject = await subjectOf(local ? servers.at(-1)!.url : endpoint, subjectOptions(flags, token))
      subjects.push({ ...subject, name: endpoint })
    }
    const generators: Generators = {
      command: [process.execPath, script, 'bench', '--worker'],
      count: flags.workers ?? workersFor(flags),
      signal: stop.signal,
    }
    const work: Work = { flags, subjects, generators, unicode: hasUnicode() }
    await (flags.find ? find(work) : load(work))
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.exitCode = 130
  } finally {
    await Promise.all(servers.map(server => server.close()))
  }
}

/** Some thousand requests a second are one process's work; half of the processors are the server's. */
function workersFor({ rate = 0, concurrency }: BenchFlags): number {
  const wanted = concurrency === undefined ? Math.ceil(rate / 4000) : Math.ceil(concurrency / 64)
  return Math.min(Math.max(1, wanted), Math.max(1, Math.floor(availableParallelism() / 2)), MAX_WORKERS)
}

function subjectOptions(flags: BenchFlags, token: string | undefined): SubjectOptions {
  const { url, version, environment, protocol, text, type, batch, timeout, insecure } = flags
  const given = { url, version, environment, protocol, text, type, batch, insecure, token }
  return { ...given, inputs: flags.input ?? [], shapes: flags.shape ?? new Map(), timeoutMs: timeout }
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

function planOf({ plan }: Subject, flags: BenchFlags, rate: number, seed: number): Plan {
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

function howOf({ concurrency, rate = FIRST_RATE, arrivals }: BenchFlags): string {
  return concurrency === undefined ? `${rateText(rate)}/s, ${arrivals} arrivals` : `${concurrency} at once`
}
