import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Flow, SINK, SOURCE } from './flow.ts'

const NODES = 7
const end = fc.nat({ max: NODES - 1 })
const edges = fc.array(fc.tuple(end, end, fc.nat({ max: 9 })), { maxLength: 20 })
type Edges = readonly (readonly [number, number, number])[]

const cost = (all: Edges, side: ReadonlySet<number>) =>
  all.reduce((sum, [from, to, room]) => sum + (side.has(from) && !side.has(to) ? room : 0), 0)

/** Of all sides that have the source and not the sink. */
function leastCost(all: Edges): number {
  const sides = Array.from({ length: 2 ** (NODES - 2) }, (_, bits) => {
    const others = Array.from({ length: NODES - 2 }, (_item, i) => i + 2)
    return new Set([SOURCE, ...others.filter(i => (bits >> (i - 2)) % 2 === 1)])
  })
  return Math.min(...sides.map(side => cost(all, side)))
}

test('no cut costs less', () => {
  fc.assert(
    fc.property(edges, all => {
      const flow = new Flow(NODES)
      for (const [from, to, room] of all) flow.edge(from, to, room)
      const side = flow.cut()
      expect(side.has(SOURCE) && !side.has(SINK)).toBe(true)
      expect(cost(all, side)).toBe(leastCost(all))
    }),
    { numRuns: 300 },
  )
})
