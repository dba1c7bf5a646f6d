import { expect, test } from 'vitest'
import { describe as described, expected, withFixture } from '../../testing.ts'
import { halve } from './halve.ts'

test.each(Object.keys(expected))('%s: nodes, names and every byte are those of onnxruntime', async name => {
  const found = await withFixture(name, async model => described(halve(model).model))
  const wanted = expected[name]!['float16']!
  expect(found.initializers).toEqual(wanted.initializers)
  const sorted = (nodes: typeof wanted.nodes) => nodes.map(node => JSON.stringify(node)).sort()
  expect(sorted(found.nodes)).toEqual(sorted(wanted.nodes))
})
