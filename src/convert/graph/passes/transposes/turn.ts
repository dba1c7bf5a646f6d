import type { Graph } from '../graph.ts'
import { inverse, isIdentity, isSame } from '../read.ts'
import type { Family, Layout } from './family.ts'

/** How tensors in one layout are put into the other. */
export class Turn {
  readonly graph: Graph
  readonly #family: Family
  readonly #from: Layout

  constructor(graph: Graph, family: Family, from: Layout) {
    this.graph = graph
    this.#family = family
    this.#from = from
  }

  /** Undefined for ranks that have one layout only. */
  order(rank: number): readonly number[] | undefined {
    const order = this.#family(rank)
    return order && (this.#from === 0 ? order : inverse(order))
  }

  /** The order of a value's axes; undefined where its rank is not known, or has one layout. */
  orderOf(value: string): readonly number[] | undefined {
    const rank = this.graph.typeOf(value)?.shape?.length
    return rank === undefined ? undefined : this.order(rank)
  }

  /** An axis of a tensor, once that is turned. Axes from the end are counted from 0 first. */
  axis(axis: number, rank: number): number {
    const order = this.order(rank)
    const at = axis < 0 ? axis + rank : axis
    return order ? order.indexOf(at) : at
  }

  /**
   * How tensors lie that have lost some axes of a turned one: `carried` where that is the layout which their rank
   * has, `same` where the axes that are left stay in their order. Undefined for anything else.
   */
  without(axes: readonly number[], rank: number): 'carried' | 'same' | undefined {
    const order = this.order(rank)
    if (!order) return undefined
    const left = order.filter(axis => !axes.includes(axis))
    const ranked = left.toSorted((a, b) => a - b)
    const rest = left.map(axis => ranked.indexOf(axis))
    const own = this.order(rest.length)
    if (own && isSame(own, rest)) return 'carried'
    return isIdentity(rest) ? 'same' : undefined
  }
}
