/** Series of one family: names of models, replicas, reasons. More are an attack, and are counted as one. */
const MAX_SERIES = 2000
/** The label values of what came after the last series that is kept. */
const OTHERS = 'others'

export type LabelValues = readonly string[]

export interface Sample {
  readonly labels: LabelValues
  readonly value: number
}

/** A family of metrics: one name, one kind, the same label names. */
export interface Family {
  /** Without the suffix `_total`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  readonly labelNames: readonly string[]
  samples(): Iterable<Sample>
}

/** A number that only grows, by label values. */
export class CounterFamily implements Family {
  readonly kind = 'counter'
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly #series = new Map<string, { readonly labels: LabelValues; value: number }>()

  constructor(name: string, help: string, labelNames: readonly string[]) {
    this.name = name
    this.help = help
    this.labelNames = labelNames
    // Before anything happened a scrape finds 0, not nothing.
    if (labelNames.length === 0) this.#make('', [])
  }

  /** `labels` in the order of `labelNames`. */
  add(labels: LabelValues, amount = 1): void {
    const key = labels.join('\n')
    const series = this.#series.get(key) ?? this.#make(key, labels)
    series.value += amount
  }

  samples(): Iterable<Sample> {
    return this.#series.values()
  }

  #make(key: string, labels: LabelValues): { readonly labels: LabelValues; value: number } {
    const full = this.#series.size >= MAX_SERIES
    const kept = full ? labels.map(() => OTHERS) : labels
    const keptKey = full ? kept.join('\n') : key
    let series = this.#series.get(keptKey)
    if (series === undefined) {
      series = { labels: [...kept], value: 0 }
      this.#series.set(keptKey, series)
    }
    return series
  }
}

/**
 * What the parts of a gateway count and measure, beside the answers (`Counters`), for whoever scrapes it:
 *
 *   const retries = registry.counter('ballast_retries', 'Requests sent again.', ['model', 'reason'])
 *   retries.add([model, 'lost'])
 *   registry.gauge('ballast_replicas_ejected', 'Replicas that get no requests.', ['model'], () => samples())
 *
 * Make families once and keep them; `add` is a look-up in a map.
 */
export class Registry {
  readonly #families = new Map<string, Family>()

  /** `name` without `_total`. The same name gives the same family. */
  counter(name: string, help: string, labelNames: readonly string[] = []): CounterFamily {
    const known = this.#families.get(name)
    if (known instanceof CounterFamily) return known
    const family = new CounterFamily(name, help, labelNames)
    this.#families.set(name, family)
    return family
  }

  /** `read` is asked at each scrape. */
  gauge(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    this.#families.set(name, { name, kind: 'gauge', help, labelNames, samples: read })
  }

  /** A counter that is kept elsewhere. */
  counted(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    this.#families.set(name, { name, kind: 'counter', help, labelNames, samples: read })
  }

  families(): Iterable<Family> {
    return this.#families.values()
  }
}
