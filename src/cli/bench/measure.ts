import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { BallastError } from '../../core/index.ts'
import { type Plan, type Result, resultSchema } from './plan.ts'
import { Histogram } from './recorder.ts'

/** What starts a generator: this very program. */
export interface Generators {
  readonly command: readonly string[]
  /** Processes. */
  readonly count: number
  readonly signal: AbortSignal
}

/** What all generators together measured. */
export interface Measured {
  readonly seconds: number
  readonly intended: number
  readonly answered: number
  readonly errors: Readonly<Record<string, number>>
  readonly latency: Histogram
  readonly service: Histogram
  readonly maxMs: number
  readonly meanMs: number
  readonly timeline: readonly {
    readonly answered: number
    readonly failed: number
    readonly latency: Histogram
  }[]
  readonly bytesOut: number
  readonly bytesIn: number
  readonly client: Result['client']
}

/** Runs a plan in several processes: rate and connections are shared out evenly. Throws GENERATOR_FAILED. */
export async function measure(plan: Plan, generators: Generators): Promise<Measured> {
  const { count } = generators
  const results = await Promise.all(
    Array.from({ length: count }, (_, i) => generate(partOf(plan, i, count), generators)),
  )
  return merged(results)
}

function partOf(plan: Plan, index: number, count: number): Plan {
  const share = (whole: number): number => Math.max(1, Math.floor((whole + count - 1 - index) / count))
  const { load } = plan
  return {
    ...plan,
    connections: share(plan.connections),
    load:
      load.kind === 'closed'
        ? { ...load, concurrency: share(load.concurrency) }
        : {
            ...load,
            rate: load.rate / count,
            offsetMs: load.offsetMs + (index * 1000) / load.rate,
            seed: load.seed + index,
          },
  }
}

async function generate(plan: Plan, { command, signal }: Generators): Promise<Result> {
  const [program = process.execPath, ...args] = command
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
  const ended = once(child, 'close') as Promise<[code: number | null, name: string | null]>
  // A process that dies at once takes no plan; how it ended says more.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(plan))
  const [out, words, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code === 0) return resultSchema.parse(JSON.parse(out))
  throw new BallastError('GENERATOR_FAILED', {
    message: `A load generator ended with status ${code}: ${words.trim().slice(-500) || 'no reason given'}`,
    hint: 'Try with fewer connections, and look at the memory that is free.',
  })
}

export function merged(results: readonly Result[]): Measured {
  const sum = (of: (result: Result) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  const most = (of: (result: Result) => number): number =>
    results.reduce((max, result) => Math.max(max, of(result)), 0)
  const together = (of: (result: Result) => readonly number[]): Histogram =>
    results.reduce((histogram, result) => histogram.merge(of(result)), new Histogram())
  const errors: Record<string, number> = Object.create(null)
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.errors)) errors[kind] = (errors[kind] ?? 0) + count
  }
  const answered = sum(result => result.answered)
  const seconds = most(result => result.timeline.length)
  return {
    seconds: most(result => result.seconds),
    intended: sum(result => result.intended),
    answered,
    errors: { ...errors },
    latency: together(result => result.latency),
    service: together(result => result.service),
    maxMs: most(result => result.maxMs),
    meanMs: answered === 0 ? Number.NaN : sum(result => result.sumMs) / answered,
    timeline: Array.from({ length: seconds }, (_, second) => ({
      answered: sum(result => result.timeline[second]?.answered ?? 0),
      failed: sum(result => result.timeline[second]?.failed ?? 0),
      latency: together(result => result.timeline[second]?.latency ?? []),
    })),
    bytesOut: sum(result => result.bytesOut),
    bytesIn: sum(result => result.bytesIn),
    client: {
      cpu: most(result => result.client.cpu),
      lagP99Ms: most(result => result.client.lagP99Ms),
      connections: sum(result => result.client.connections),
    },
  }
}

/** Several rounds of the same endpoint, one after the other, as one. */
export function joined(rounds: readonly Measured[]): Measured {
  const together = merged(
    rounds.map(round => ({
      ...round,
      latency: round.latency.packed(),
      service: round.service.packed(),
      sumMs: round.answered === 0 ? 0 : round.meanMs * round.answered,
      timeline: [],
    })),
  )
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0)
  return { ...together, seconds, timeline: rounds.flatMap(round => round.timeline) }
}
