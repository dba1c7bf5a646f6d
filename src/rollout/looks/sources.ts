import type { LookOf, MetricKind } from '../evidence/index.ts'
import type { ArmCounts } from '../types.ts'
import type { Counted, Present, SourceName, Tallies } from './types.ts'

/** How a kind of metric is counted, as numbers that only grow. */
interface Source<Kind extends MetricKind> {
  readonly kind: Kind
  counted(present: Present): Counted
  look(more: Tallies): LookOf[Kind]
  /** Requests, or pairs, of the arm that has fewer: what a look can be worth. */
  size(more: Tallies): number
}

/** Counts of arms are sums that the store keeps: who counted them does not matter. */
const ALL = ''

const errors: Source<'rate'> = {
  kind: 'rate',
  counted: ({ canary, baseline }) => [
    [
      ALL,
      {
        canary: canary.requests,
        canaryBad: canary.errors,
        baseline: baseline.requests,
        baselineBad: baseline.errors,
      },
    ],
  ],
  look: rates,
  size: ({ canary = 0, baseline = 0 }) => Math.min(canary, baseline),
}

const latency: Source<'quantile'> = {
  kind: 'quantile',
  counted: ({ canary, baseline }) => [
    [ALL, { ...named('c', canary.latency), ...named('b', baseline.latency) }],
  ],
  look: more => ({ canary: buckets('c', more), baseline: buckets('b', more) }),
  size: more => Math.min(sum(buckets('c', more)), sum(buckets('b', more))),
}

const labels: Source<'rate'> = {
  kind: 'rate',
  counted: present =>
    present.labels.map(({ ledger, canary, baseline }) => [
      ledger,
      {
        canary: canary.total,
        canaryBad: canary.count,
        baseline: baseline.total,
        baselineBad: baseline.count,
      },
    ]),
  look: rates,
  size: errors.size,
}

const labelPairs: Source<'paired'> = {
  kind: 'paired',
  counted: present => present.labels.map(({ ledger, pairs }) => [ledger, { ...pairs }]),
  look: ({ onlyBaseline = 0, onlyCanary = 0, pairs = 0 }) => ({ onlyBaseline, onlyCanary, pairs }),
  size: ({ pairs = 0 }) => pairs,
}

const answerPairs: Source<'share'> = {
  kind: 'share',
  counted: ({ shadow }) =>
    shadow === undefined
      ? []
      : [[ALL, { pairs: shadow.compared, differing: shadow.compared - shadow.agreed }]],
  look: ({ pairs = 0, differing = 0 }) => ({ count: differing, total: pairs }),
  size: ({ pairs = 0 }) => pairs,
}

const BY_NAME = {
  errors,
  latency,
  labels,
  'label-pairs': labelPairs,
  'answer-pairs': answerPairs,
} satisfies Readonly<Record<SourceName, Source<MetricKind> | Source<never>>>

export function sourceOf(name: SourceName): Source<MetricKind> {
  return BY_NAME[name] as Source<MetricKind>
}

/** More gateways than ever count one rollout's labels; of further ones nothing is counted. */
const MAX_COUNTERS = 1000

/**
 * What was counted since, and what is counted then. One that counts less than before (it lost its disk, or this server
 * has not heard of it again since it started) adds nothing until it is beyond what it told before.
 */
export function since(now: Counted, before: Counted): { readonly more: Tallies; readonly counted: Counted } {
  const known = new Map(before)
  const more: Record<string, number> = {}
  for (const [by, tallies] of now) {
    const earlier = known.get(by) ?? {}
    if (Object.entries(earlier).some(([name, count]) => (tallies[name] ?? 0) < count)) continue
    if (!known.has(by) && known.size >= MAX_COUNTERS) continue
    for (const name in tallies) more[name] = (more[name] ?? 0) + tallies[name]! - (earlier[name] ?? 0)
    known.set(by, tallies)
  }
  return { more, counted: [...known] }
}

function rates({ canary = 0, canaryBad = 0, baseline = 0, baselineBad = 0 }: Tallies): LookOf['rate'] {
  return {
    canary: { count: canaryBad, total: canary },
    baseline: { count: baselineBad, total: baseline },
  }
}

function named(arm: string, latency: ArmCounts['latency']): Tallies {
  return Object.fromEntries(Object.entries(latency).map(([bucket, count]) => [`${arm}${bucket}`, count]))
}

function buckets(arm: string, more: Tallies): ArmCounts['latency'] {
  const found: Record<number, number> = {}
  for (const name in more)
    if (name.startsWith(arm) && more[name]! > 0) found[Number(name.slice(1))] = more[name]!
  return found
}

function sum(latency: ArmCounts['latency']): number {
  return Object.values(latency).reduce((all, count) => all + count, 0)
}
