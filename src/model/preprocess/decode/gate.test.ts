import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

/** Work that ends when it is told to. */
function open(): { readonly done: Promise<void>; readonly end: () => void; readonly fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { done: promise, end: resolve, fail: () => reject(new Error('broken')) }
}

test('no more than the limit is inside, and the rest goes in by the order of its arrival', async () => {
  const gate = new Gate(10)
  const begun: string[] = []
  const enter = (
    name: string,
    cost: number,
  ): ReturnType<typeof open> & { readonly passed: Promise<void> } => {
    const work = open()
    const passed = gate.pass(cost, async () => {
      begun.push(name)
      await work.done
    })
    return { ...work, passed }
  }
  const [a, b, c, d] = [enter('a', 6), enter('b', 6), enter('c', 1), enter('d', 999)]
  // c would fit beside a; it does not overtake b.
  expect([begun, gate.inside]).toEqual([['a'], 6])
  a.end()
  await a.passed
  expect([begun, gate.inside]).toEqual([['a', 'b', 'c'], 7])
  b.fail()
  await expect(b.passed).rejects.toThrow('broken')
  c.end()
  await c.passed
  expect([begun, gate.inside]).toEqual([['a', 'b', 'c', 'd'], 10])
  d.end()
  await d.passed
  expect(gate.inside).toBe(0)
})
