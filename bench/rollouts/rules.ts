/**
 * Ballast's rule beside those of Argo Rollouts, Flagger and Kayenta, as their documentation tells them, on the same
 * streams: how often each rolls back a healthy canary of ten metrics that is looked at 100 times, how surely a harmful
 * one, and after how many of the canary's requests. Each peer as documented, and tuned: thresholds set by who knows how
 * a healthy version behaves, and of all settings with at most 5 % false rollbacks the one that finds that harm first.
 * Tuned once on independent streams alone, and once on all kinds of streams. Everything from seeds, a thread for each kind.
 *
 *   node bench/rollouts/rules.ts [healthy runs] [of them with peers] [harmful runs]        default 10000 1000 500
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { wilsonInterval } from '../../src/evaluate/index.ts'
import { STREAM_KINDS, type StreamKind } from '../../src/rollout/index.ts'
import { type Ends, RULES, type RuleName } from './run.ts'
import type { Harm } from './scenarios.ts'
import type { Job, Work } from './worker.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const [healthyRuns, peerRuns, harmfulRuns] = [10_000, 1000, 500].map((usual, i) =>
  Number(positionals[i] ?? usual),
) as [number, number, number]
const BUDGET = 0.05
const HARMS = ['errors', 'accuracy', 'p99'] as const
const TEXT: Readonly<Record<Harm, string>> = {
  none: 'healthy',
  errors: 'errors 0.5 → 2 %',
  accuracy: 'accuracy 90 → 88 %',
  p99: 'p99 +30 %',
}
/** Seeds of harmful runs are none of healthy ones. */
const HARMFUL_SEED = 50_000_001

const JOBS: readonly Job[] = [
  { harm: 'none', runs: peerRuns, from: 1, withPeers: true },
  ...HARMS.map((harm): Job => ({ harm, runs: harmfulRuns, from: HARMFUL_SEED, withPeers: true })),
  { harm: 'none', runs: Math.max(0, healthyRuns - peerRuns), from: peerRuns + 1, withPeers: false },
]

function runsOf(kind: StreamKind): Promise<readonly (readonly Ends[])[]> {
  const workerData: Work = { kind, jobs: JOBS }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  const done: (readonly Ends[])[] = []
  return new Promise((resolve, reject) => {
    worker.on('message', (ends: readonly Ends[]) => {
      done.push(ends)
      process.stderr.write(`${kind}: ${done.length} of ${JOBS.length} parts\n`)
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve(done))
  })
}

interface Rate {
  readonly part: number
  readonly runs: number
  /** Of the runs that were rolled back. */
  readonly median: number | undefined
}

function rateOf(ends: readonly Ends[], rule: number): Rate {
  const all = ends.map(each => each[rule]).filter(requests => requests !== undefined)
  const median = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]
  return { part: all.length / ends.length, runs: ends.length, median }
}

const nameOf = ({ family, settings }: RuleName): string => `${family} (${settings})`
const say = (line: string): boolean => process.stdout.write(`${line}\n`)
function percent({ part, runs }: Rate): string {
  const [low, high] = wilsonInterval(Math.round(part * runs), runs, 0.95)
  return `${(100 * part).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`
}

const found = new Map(await Promise.all(STREAM_KINDS.map(async kind => [kind, await runsOf(kind)] as const)))
const healthy = (kind: StreamKind): readonly Ends[] => found.get(kind)![0]!

say('HEALTHY: false rollbacks, 10 metrics, 100 looks of 100 requests in each arm (budget 5 %)')
for (const kind of STREAM_KINDS) {
  say(`  ${kind}`)
  const all = [...healthy(kind), ...found.get(kind)!.at(-1)!]
  say(`    ${nameOf(RULES[0]!)}: ${percent(rateOf(all, 0))} of ${all.length} runs`)
  for (const [i, rule] of RULES.entries())
    if (i > 0 && rule.documented)
      say(`    ${nameOf(rule)}: ${percent(rateOf(healthy(kind), i))} of ${peerRuns} runs`)
}

/** Rules of others whose false rollbacks on these kinds are within the budget, as seen. */
function within(kinds: readonly StreamKind[]): readonly number[] {
  return RULES.flatMap((_, i) =>
    i > 0 && kinds.every(kind => rateOf(healthy(kind), i).part <= BUDGET) ? [i] : [],
  )
}
const TUNED = [
  { name: 'tuned on independent streams', rules: within(['independent']) },
  { name: 'tuned on all kinds', rules: within(STREAM_KINDS) },
]

for (const [h, harm] of HARMS.entries()) {
  say(`\nHARMFUL: ${TEXT[harm]}; power within 100 looks, and the median of the canary's requests until then`)
  for (const kind of STREAM_KINDS) {
    say(`  ${kind}`)
    const ends = found.get(kind)![h + 1]!
    const ours = rateOf(ends, 0)
    say(`    ${nameOf(RULES[0]!)}: ${percent(ours)}, ${ours.median ?? '–'} requests`)
    for (const { name, rules } of TUNED) {
      const best = soonest(ends, rules)
      if (best === undefined) say(`    ${name}: no rule within the budget`)
      else {
        const rate = rateOf(ends, best)
        const ratio =
          ours.median && rate.median ? `; Ballast ${(ours.median / rate.median).toFixed(2)} ×` : ''
        const alarms = rateOf(healthy(kind), best).part
        say(`    ${name}: ${nameOf(RULES[best]!)}: ${percent(rate)}, ${rate.median ?? '–'} requests${ratio}`)
        if (alarms > BUDGET)
          say(`      (rolls back ${(100 * alarms).toFixed(0)} % of the healthy canaries here)`)
      }
    }
  }
}

/** The one that has found half of the harmful canaries first; where none finds half, the most powerful. */
function soonest(ends: readonly Ends[], rules: readonly number[]): number | undefined {
  const scored = rules.map(rule => {
    const requests = ends.map(each => each[rule] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b)
    return { rule, half: requests[Math.floor(requests.length / 2)]!, part: rateOf(ends, rule).part }
  })
  return scored.sort((a, b) => (a.half === b.half ? b.part - a.part : a.half - b.half))[0]?.rule
}
