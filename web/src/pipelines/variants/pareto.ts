import type { JobView } from '../../../../src/api/views.ts'

export type OptimizationView = NonNullable<JobView['optimization']>
type Outcome = OptimizationView['tried'][number]['outcome']

/** A form of the model that was measured: the original, or a variant. */
export interface Form {
  /** Undefined: the original. */
  readonly name: string | undefined
  readonly outcome: Outcome
  readonly bytes: number
  /** That it holds while it serves; undefined where it was not measured. */
  readonly memory: number | undefined
  /** Its median latency over the original's in the same run. */
  readonly slowness: number
  /** Of the metric that the view names; undefined where it has none. */
  readonly metric: number | undefined
}

/** What can stand in the picture, the original first. */
export function measuredForms({ metric, original, tried }: OptimizationView): readonly Form[] {
  const figure = (metrics: Readonly<Record<string, number>> | undefined) =>
    metric === null ? undefined : metrics?.[metric.name]
  const first: Form = {
    name: undefined,
    outcome: 'passed',
    bytes: original.bytes,
    memory: tried.find(({ measured }) => measured?.original.memory)?.measured?.original.memory?.steady,
    slowness: 1,
    metric: figure(original.metrics),
  }
  const variants = tried.flatMap(({ name, outcome, measured, judged }): Form[] =>
    measured && measured.original.latencyP50 > 0
      ? [
          {
            name,
            outcome,
            bytes: measured.variant.bytes,
            memory: measured.variant.memory?.steady,
            slowness: measured.variant.latencyP50 / measured.original.latencyP50,
            metric: figure(judged?.metrics),
          },
        ]
      : [],
  )
  return [first, ...variants]
}

/**
 * Those that no other is at least as good as in size, memory, latency and the metric, and better in one.
 *
 *   the same size and metric, one is faster -> that one alone
 *   one is smaller, one is faster -> both
 */
export function paretoFront(
  forms: readonly Form[],
  better: 'higher' | 'lower' = 'higher',
): ReadonlySet<Form> {
  const sign = better === 'higher' ? -1 : 1
  const weighed = forms.every(({ memory }) => memory !== undefined)
  // Least is best in each. Without a metric, or memory of each, nothing can be said against a form by it.
  const costs = ({ bytes, memory = 0, slowness, metric }: Form) => [
    bytes,
    weighed ? memory : 0,
    slowness,
    metric === undefined ? 0 : sign * metric,
  ]
  const beats = (a: Form, b: Form) => {
    const [mine, other] = [costs(a), costs(b)]
    return mine.every((cost, i) => cost <= other[i]!) && mine.some((cost, i) => cost < other[i]!)
  }
  return new Set(forms.filter(form => !forms.some(other => beats(other, form))))
}
