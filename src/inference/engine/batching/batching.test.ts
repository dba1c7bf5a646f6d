import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Batcher, type Outcome } from './batcher.ts'
import { CostCurve, MAX_BATCH_ROWS } from './cost.ts'
import { Heap } from './heap.ts'

test.each([
  { name: 'a perceptron', fixed: 0.019, perRow: 0.0041, cap: 42 },
  { name: 'convolutions', fixed: 2.1, perRow: 32.7, cap: 1 },
  { name: 'a model that costs the same at any size', fixed: 5, perRow: 0, cap: MAX_BATCH_ROWS },
])('$name is batched up to $cap rows', ({ fixed, perRow, cap }) => {
  const curve = new CostCurve()
  for (const rows of [1, 2, 4, 8, 16, 32]) curve.observe(rows, fixed + perRow * rows)
  expect(curve.cap).toBe(cap)
  expect(curve.estimate(16)).toBeCloseTo(fixed + perRow * 16, 6)
})

test('runs of no rows spoil nothing', () => {
  const curve = new CostCurve()
  curve.observe(0, 5)
  expect(curve.estimate(3)).toBe(15)
  expect(curve.cap).toBe(2)
})

test('a new shape is explored by doubling', () => {
  const curve = new CostCurve()
  const caps = [1, 2, 4, 8].map(rows => {
    curve.observe(rows, 1)
    return curve.cap
  })
  expect(caps).toEqual([2, 4, 8, 16])
})

test('a model that became slower by the row is batched less', () => {
  const curve = new CostCurve()
  for (const rows of [1, 2, 4, 8, 16]) curve.observe(rows, 10 + 0.1 * rows)
  expect(curve.cap).toBe(32)
  for (let i = 0; i < 200; i++) for (const rows of [1, 2, 4, 8, 16]) curve.observe(rows, 1 + 10 * rows)
  expect(curve.cap).toBe(1)
})

test('a heap gives its items in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), numbers => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const number of numbers) heap.push(number)
      const popped = numbers.map(() => heap.pop())
      expect(popped).toEqual(numbers.toSorted((a, b) => a - b))
      expect(heap.pop()).toBeUndefined()
    }),
  )
})

/** A lane whose runs end when the test says so. */
function aLane() {
  const runs: { inputs: readonly number[]; finish(): void; fail(error: Error): void }[] = []
  let time = 0
  const batcher = new Batcher<number, number>({
    now: () => time,
    maxWaiting: 20,
    run: inputs =>
      new Promise((resolve, reject) => {
        runs.push({ inputs, finish: () => resolve(inputs.map(input => input * 2)), fail: reject })
      }),
  })
  const outcomes = new Map<number, Outcome<number>>()
  const add = (input: number, { deadline = 1000, key = 'k', rows = 1, alone = false, priority = 2 } = {}) =>
    batcher.add({
      input,
      key,
      alone,
      priority,
      rows,
      bytes: 4,
      deadline,
      done: outcome => outcomes.set(input, outcome),
    })
  for (const rows of [1, 2, 4, 8, 16]) batcher.curve('k').observe(rows, 10)
  return { batcher, runs, outcomes, add, advance: (by: number) => (time += by) }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('a free lane starts at once, and what came meanwhile goes together next', async () => {
  const { runs, outcomes, add } = aLane()
  add(1)
  await turn()
  expect(runs.map(run => run.inputs)).toEqual([[1]])
  for (const input of [2, 3, 4]) add(input)
  await turn()
  expect(runs).toHaveLength(1)
  runs[0]!.finish()
  await expect.poll(() => runs.map(run => run.inputs)).toEqual([[1], [2, 3, 4]])
  runs[1]!.finish()
  await expect.poll(() => outcomes.get(4)).toMatchObject({ kind: 'done', output: 8 })
})

test('requests of one read go together', async () => {
  const { runs, add } = aLane()
  for (const input of [1, 2, 3]) add(input)
  await turn()
  expect(runs.map(run => run.inputs)).toEqual([[1, 2, 3]])
})

test('the earliest deadline goes first, and other keys wait for their own batch', async () => {
  const { runs, add } = aLane()
  add(0)
  await turn()
  add(1, { deadline: 900 })
  add(2, { deadline: 300, key: 'other' })
  add(3, { deadline: 500 })
  add(4, { deadline: 600, alone: true })
  for (let i = 0; i < 4; i++) {
    await expect.poll(() => runs.length).toBe(i + 1)
    runs[i]!.finish()
  }
  expect(runs.map(run => run.inputs)).toEqual([[0], [2], [3, 1], [4]])
})

test('a batch is no larger than what lets its first be in time', async () => {
  const { batcher, runs, add, advance } = aLane()
  for (let i = 0; i < 500; i++)
    for (const rows of [1, 2, 4, 8, 16]) batcher.curve('k').observe(rows, 100 + 5 * rows)
  add(0)
  await turn()
  for (let input = 1; input <= 12; input++) add(input, { deadline: 300 })
  advance(152)
  runs[0]!.finish()
  // 100 + 5 · 9 ms fit into the 148 that are left, 100 + 5 · 10 do not.
  await expect.poll(() => runs.length).toBe(2)
  expect(runs[1]!.inputs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('too late is told, not run', async () => {
  const { runs, outcomes, add, advance } = aLane()
  add(1)
  await turn()
  add(2, { deadline: 50 })
  add(3, { deadline: 500 })
  advance(100)
  runs[0]!.finish()
  await expect.poll(() => runs.map(run => run.inputs)).toEqual([[1], [3]])
  expect(outcomes.get(2)).toMatchObject({ kind: 'failed', error: { code: 'DEADLINE_EXCEEDED' } })
})

test('what is cancelled while it waits is not run', async () => {
  const { batcher, runs, outcomes, add } = aLane()
  add(1)
  await turn()
  const cancel = add(2)
  add(3)
  cancel()
  cancel()
  expect(batcher.waiting).toBe(1)
  runs[0]!.finish()
  await expect.poll(() => runs.map(run => run.inputs)).toEqual([[1], [3]])
  expect(outcomes.has(2)).toBe(false)
})

test('past the limit a request is refused at once', async () => {
  const { outcomes, add } = aLane()
  for (let input = 0; input < 21; input++) add(input)
  expect(outcomes.get(20)).toMatchObject({ kind: 'failed', error: { code: 'QUEUE_FULL' } })
})

test('when a batch fails, each of it runs again alone, so that one bad request fails alone', async () => {
  const { runs, outcomes, add } = aLane()
  add(1)
  add(2)
  await turn()
  runs[0]!.fail(new Error('bad together'))
  await expect.poll(() => runs.length).toBe(2)
  runs[1]!.finish()
  await expect.poll(() => runs.length).toBe(3)
  runs[2]!.fail(new Error('bad alone'))
  await expect.poll(() => outcomes.size).toBe(2)
  expect(outcomes.get(1)).toMatchObject({ kind: 'done', output: 2 })
  expect(outcomes.get(2)).toMatchObject({ kind: 'failed', error: { message: 'bad alone' } })
})
