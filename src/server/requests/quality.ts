import type { ArmQuality, ModelQuality, PairQuality, Quality } from '../../api/index.ts'

/** More ledgers than gateways and models ever make; the longest unheard is forgotten. */
const MAX_LEDGERS = 10_000

/**
 * What labels say of versions, by gateways' reports: each ledger is counted by one gateway and kept on its disk, so the
 * latest word of each is whole, and their sum is the sum of all. In memory: after a restart it is there with the
 * gateways' next reports.
 */
export class QualityBoard {
  readonly #ledgers = new Map<string, ModelQuality>()

  report(ledgers: readonly ModelQuality[]): void {
    for (const each of ledgers) {
      const before = this.#ledgers.get(each.ledger)
      // A report that was overtaken on its way is older news.
      if (before !== undefined && each.n < before.n) continue
      this.#ledgers.delete(each.ledger)
      this.#ledgers.set(each.ledger, each)
    }
    while (this.#ledgers.size > MAX_LEDGERS) this.#ledgers.delete(this.#ledgers.keys().next().value!)
  }

  /** What each ledger counts of a model in an environment. Cumulative, over restarts of its gateway. */
  ledgersOf(environment: string, model: string): readonly ModelQuality[] {
    return [...this.#ledgers.values()].filter(
      ledger => ledger.environment === environment && ledger.model === model,
    )
  }

  /** Cumulative over all gateways. */
  of(environment: string, model: string): Quality {
    const arms = new Map<string, ArmQuality>()
    const pairs = new Map<string, PairQuality>()
    for (const ledger of this.ledgersOf(environment, model)) {
      for (const { groups: _groups, ...arm } of ledger.arms) sum(arms, `${arm.version} ${whereOf(arm)}`, arm)
      for (const pair of ledger.pairs) sum(pairs, `${pair.primary} ${pair.shadow} ${whereOf(pair)}`, pair)
    }
    return { arms: [...arms.values()], pairs: [...pairs.values()] }
  }
}

function whereOf({ arm, rollout }: Pick<ArmQuality, 'arm' | 'rollout'>): string {
  return `${arm} ${rollout?.id ?? ''} ${rollout?.step ?? ''}`
}

function sum<Counts extends object>(sums: Map<string, Counts>, key: string, more: Counts): void {
  const before = sums.get(key)
  sums.set(key, before === undefined ? more : (added(before, more) as Counts))
}

/** Numbers are added, member by member; a rollout's step is a name, as texts are. */
function added(a: object, b: object): object {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]: [string, unknown]) => {
      const other: unknown = Reflect.get(b, name)
      if (typeof value === 'number' && typeof other === 'number') return [name, value + other]
      const isSums = name !== 'rollout' && typeof value === 'object' && value !== null
      return [name, isSums ? added(value, Object(other)) : value]
    }),
  )
}
