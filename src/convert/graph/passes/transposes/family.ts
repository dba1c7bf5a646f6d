import type { Graph } from '../graph.ts'
import { inverse, isIdentity, isSame, orderOf } from '../read.ts'

/** The two ways in which tensors of a region lie: as they are written with channels last, and first. */
export type Layout = 0 | 1

export const other = (layout: Layout): Layout => (layout === 0 ? 1 : 0)

/** The order that puts layout 0 into layout 1, by rank; undefined for tensors that have one layout only. */
export type Family = (rank: number) => readonly number[] | undefined

/** Channels last to channels first: `[0, 3, 1, 2]` of images. */
export const channels: Family = rank =>
  rank < 3 ? undefined : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]

/** Models have a handful of orders; those of one that has more are left as they are. */
const MAX_FAMILIES = 16

/** Families of the Transposes that a graph has: that of channels first, the others by one order and its inverse. */
export function familiesOf(graph: Graph): readonly Family[] {
  const orders = new Map<string, readonly number[]>()
  let images = false
  for (const node of graph.nodes) {
    if (node.op !== 'Transpose' || node.domain !== '') continue
    const order = orderOf(node, graph.typeOf(node.inputs[0]!)?.shape?.length)
    if (!order || isIdentity(order)) continue
    const back = inverse(order)
    const first = channels(order.length)
    if (first && (isSame(first, order) || isSame(first, back))) images = true
    else if (!orders.has(String(back))) orders.set(String(order), order)
  }
  const own = Array.from(
    orders.values(),
    (order): Family =>
      rank =>
        rank === order.length ? order : undefined,
  )
  return [...(images ? [channels] : []), ...own.slice(0, MAX_FAMILIES)]
}
