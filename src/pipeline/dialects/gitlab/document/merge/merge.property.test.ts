import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Budget } from '../budget.ts'
import { DocumentFindings } from '../findings.ts'
import { asText, located } from '../interpolation/json.ts'
import { deepMerge, type LocatedMap } from './deep.ts'
import { Measure } from './measure.ts'
import { dependenciesFirst } from './order.ts'

const AT = { file: 'ci.yml', line: 1, column: 1 }
const budget = () => new Budget(new DocumentFindings())

const tree = fc.letrec(tie => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(1, 'x', null),
    fc.array(fc.constant('i'), { maxLength: 2 }),
    tie('map'),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('node'), {
    maxKeys: 4,
    noNullPrototype: false,
  }),
}))
const maps = fc.array(
  tree['map'].map(value => located(value, AT) as LocatedMap),
  { maxLength: 5 },
)
const merge = (list: readonly LocatedMap[]) => deepMerge(list, AT, budget())!

test('merging all at once is merging one after the other', () => {
  fc.assert(
    fc.property(maps, list => {
      const one = list.reduce((merged, map) => merge([merged, map]), merge([]))
      expect(asText(merge(list))).toBe(asText(one))
    }),
  )
})

test('merging is associative, and a map over itself is itself', () => {
  fc.assert(
    fc.property(maps, maps, (left, right) => {
      expect(asText(merge([merge(left), merge(right)]))).toBe(asText(merge([...left, merge(right)])))
      expect(asText(merge([merge(left), merge(left)]))).toBe(asText(merge(left)))
    }),
  )
})

test('shared values are measured as if each were written out', () => {
  const levels = fc.integer({ min: 1, max: 200 })
  fc.assert(
    fc.property(levels, count => {
      let node = located(['x', 'y'], AT)
      for (let i = 0; i < count; i++) node = { kind: 'list', items: [node, node], at: AT }
      const size = new Measure().of(node)
      expect(size.characters).toBe(2 ** (count + 1))
      expect(size.depth).toBe(count + 2)
    }),
  )
})

test('dependencies come first, each name once, or there is a circle', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const graph = fc.dictionary(fc.constantFrom(...names), fc.subarray(names))
  fc.assert(
    fc.property(graph, edges => {
      const of = (name: string) => edges[name] ?? []
      const order = dependenciesFirst(names, of)
      if (order.cycle) {
        expect(order.cycle[0]).toBe(order.cycle.at(-1))
        for (const [index, name] of order.cycle.slice(0, -1).entries()) {
          expect(of(name)).toContain(order.cycle[index + 1])
        }
        return
      }
      expect(order.names.toSorted()).toEqual(names)
      for (const [index, name] of order.names.entries()) {
        for (const before of of(name)) expect(order.names.indexOf(before)).toBeLessThan(index)
      }
    }),
  )
})
