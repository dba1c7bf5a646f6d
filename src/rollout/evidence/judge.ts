import type { Surplus } from '../../evaluate/index.ts'
import type { LookOf, MetricKind, MetricOf, Tally } from './types.ts'

/** What a metric says so far. */
export interface Figures {
  readonly canary: number
  readonly baseline: number
  /** canary − baseline; relative for a quantile. */
  readonly difference: number
  /** Anytime-valid bounds of the difference. */
  readonly interval: readonly [low: number, high: number]
}

/** Probability with which each end of an interval may ever be wrong. */
export interface Levels {
  readonly low: number
  readonly high: number
}

/** How one kind of metric is counted and judged. Pure. `inflation`: see `inflationOf`. */
export interface Judge<Kind extends MetricKind> {
  /** The tally with one look more, and what the look tells about dispersion; `before`: of the step that ended last. */
  add(
    metric: MetricOf<Kind>,
    tally: Tally<Kind> | undefined,
    look: LookOf[Kind],
    before?: Tally<Kind>,
  ): { readonly tally: Tally<Kind>; readonly surpluses: readonly Surplus[] }
  /** Ended steps without what only the last of them need keep. */
  ended?(steps: readonly Tally<Kind>[]): readonly Tally<Kind>[]
  /** Nats against "the canary is worse by no more than the tolerance". */
  harm(metric: MetricOf<Kind>, steps: readonly Tally<Kind>[], inflation: number): number
  /** Nats against "the canary is worse by the margin or more". */
  pass(metric: MetricOf<Kind>, step: Tally<Kind>, inflation: number): number
  /** The tally with so many more requests in each arm that come as those before did; none before: all are well. */
  ahead(metric: MetricOf<Kind>, tally: Tally<Kind> | undefined, more: number): Tally<Kind>
  figures(metric: MetricOf<Kind>, steps: readonly Tally<Kind>[], inflation: number, levels: Levels): Figures
}
