import { expect, test } from 'vitest'
import { inParallel } from './parallel.ts'

test('works on so many items at once, each item once', async () => {
  const begun: number[] = []
  const waiting: (() => void)[] = []
  const done = inParallel([10, 11, 12], 2, async (item, index) => {
    expect(item).toBe(10 + index)
    begun.push(item)
    await new Promise<void>(resolve => waiting.push(resolve))
  })
  expect(begun).toEqual([10, 11])
  waiting.shift()!()
  await expect.poll(() => begun).toEqual([10, 11, 12])
  for (const end of waiting) end()
  await done
})

test('begins none after one that throws, waits for those under way, and throws that', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const slow = Promise.withResolvers<void>()
  const done = inParallel([0, 1, 2], 2, async item => {
    begun.push(item)
    if (item === 0) {
      queueMicrotask(slow.resolve)
      throw new Error('the first')
    }
    await slow.promise
    ended.push(item)
  })
  await expect(done).rejects.toThrow('the first')
  expect({ begun, ended }).toEqual({ begun: [0, 1], ended: [1] })
})
