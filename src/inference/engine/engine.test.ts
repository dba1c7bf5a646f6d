import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { buildOnnx, writeConvolutions, writeMlp } from '../../../test/fixtures/onnx-builder.ts'
import type { Tensor, Tensors } from '../../core/index.ts'
import type { Answered } from './cache/index.ts'
import { Engine, type EngineOptions } from './engine.ts'

let folder: string
const loaded: Engine[] = []

/** y = 2x + 1, for any shape [N, L]: whose answer it is shows in every element. */
const LINE = buildOnnx({
  inputs: [{ name: 'x', shape: ['N', 'L'] }],
  outputs: [{ name: 'y', shape: ['N', 'L'] }],
  initializers: [
    { name: 'two', dims: [1], data: Float32Array.of(2) },
    { name: 'one', dims: [1], data: Float32Array.of(1) },
  ],
  nodes: [
    { op: 'Mul', inputs: ['x', 'two'], outputs: ['d'] },
    { op: 'Add', inputs: ['d', 'one'], outputs: ['y'] },
  ],
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
  await writeFile(join(folder, 'line'), LINE)
  await writeFile(join(folder, 'mlp'), writeMlp(8, 16, 3))
  await writeFile(join(folder, 'convolutions'), writeConvolutions(32, 64, 8))
})
afterEach(async () => {
  for (const engine of loaded.splice(0)) await engine.close()
})
afterAll(() => rm(folder, { recursive: true }))

async function load(model: string, more: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await Engine.load({
    model,
    versionNumber: 1,
    modelPath: join(folder, model),
    config: { name: model, task: 'generic', labels: [], preprocess: [] },
    ...more,
  })
  loaded.push(engine)
  return engine
}

const floats = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

function ask(
  engine: Engine,
  inputs: Tensors,
  more: { ms?: number; outputs?: string[] } = {},
): Promise<Answered> {
  return new Promise(resolve => {
    const deadline = performance.now() + (more.ms ?? 30_000)
    engine.submit({ inputs, outputs: more.outputs, deadline, priority: 2 }, resolve)
  })
}

function valuesOf(answer: Answered, name: string): readonly number[] {
  if (answer.kind === 'failed') throw answer.error
  return Array.from(answer.output[name]!.data as Float32Array)
}

test('a model of microseconds runs in the loop, one of milliseconds in a thread', async () => {
  expect((await load('mlp')).shape).toEqual({ kind: 'loop' })
  expect((await load('convolutions')).shape).toEqual({ kind: 'lanes', lanes: 1, threads: 1 })
})

test('whoever chooses the threads of a run gets them', async () => {
  const engine = await load('convolutions', { serving: { threads: 2 } })
  expect(engine.shape).toEqual({ kind: 'lanes', lanes: 1, threads: 2 })
})

const requests = fc.array(
  fc.record({
    rows: fc.integer({ min: 0, max: 5 }),
    length: fc.integer({ min: 1, max: 4 }),
    turn: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
)

test.each(['loop', 'lanes'] as const)(
  'nobody gets the rows of another, whatever comes together (%s)',
  async where => {
    const engine = await load('line')
    if (where === 'lanes') await engine.moveTo({ kind: 'lanes', lanes: 2, threads: 1 })
    expect(engine.shape.kind).toBe(where)
    let next = 0
    await fc.assert(
      fc.asyncProperty(requests, async asked => {
        const answers = asked.map(async ({ rows, length, turn }) => {
          if (turn) await new Promise(resolve => setImmediate(resolve))
          const values = Array.from({ length: rows * length }, () => next++ % 100_000)
          const answer = await ask(engine, { x: floats([rows, length], ...values) })
          expect(valuesOf(answer, 'y')).toEqual(values.map(value => 2 * value + 1))
          if (answer.kind === 'done') expect(answer.output['y']!.shape).toEqual([rows, length])
        })
        await Promise.all(answers)
      }),
      { numRuns: 30 },
    )
    expect(engine.statistics.fail.count).toBe(0)
  },
)

test('NaN and infinities stay with who sent them', async () => {
  const engine = await load('mlp')
  const row = (value: number) => ({ x: floats([1, 8], ...Array(8).fill(value)) })
  const alone = valuesOf(await ask(engine, row(0.5)), 'probabilities')
  const together = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      ask(engine, row(i % 3 === 0 ? Number.NaN : i % 3 === 1 ? 0.5 : Infinity)),
    ),
  )
  for (const [i, answer] of together.entries()) {
    const values = valuesOf(answer, 'probabilities')
    if (i % 3 !== 1) expect(values.every(Number.isNaN)).toBe(true)
    else for (const [at, value] of values.entries()) expect(value).toBeCloseTo(alone[at]!, 5)
  }
})

test('what does not fit is refused before it could spoil a batch', async () => {
  const engine = await load('mlp')
  const good = { x: floats([1, 8], 1, 2, 3, 4, 5, 6, 7, 8) }
  const answers = [ask(engine, good), ask(engine, good)]
  for (const bad of [
    { x: floats([1, 7], 1, 2, 3, 4, 5, 6, 7) },
    { z: good.x },
    { x: { ...good.x, shape: [-1, -8] } },
  ]) {
    expect(() =>
      engine.submit({ inputs: bad, outputs: undefined, deadline: 1e9, priority: 2 }, () => {}),
    ).toThrow()
  }
  for (const answer of await Promise.all(answers)) expect(answer.kind).toBe('done')
})

test('an input that fails inside the model fails alone', async () => {
  const gather = buildOnnx({
    inputs: [{ name: 'i', element: 'int64', shape: ['N', 1] }],
    outputs: [{ name: 'y', shape: ['N', 1] }],
    initializers: [{ name: 't', dims: [4], data: Float32Array.of(10, 11, 12, 13) }],
    nodes: [{ op: 'Gather', inputs: ['t', 'i'], outputs: ['y'] }],
  })
  await writeFile(join(folder, 'gather'), gather)
  const engine = await load('gather')
  expect(engine.batchRows).toBeGreaterThan(1)
  const answers = await Promise.all(
    [0, 1, 99, 3].map(i =>
      ask(engine, { i: { dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(BigInt(i)) } }),
    ),
  )
  expect(answers.map(({ kind }) => kind)).toEqual(['done', 'done', 'failed', 'done'])
  expect(answers.flatMap(answer => (answer.kind === 'done' ? valuesOf(answer, 'y') : []))).toEqual([
    10, 11, 13,
  ])
  expect(engine.statistics).toMatchObject({ success: { count: 3 }, fail: { count: 1 } })
})

test('while a lane computes the loop goes on, and what waits is still cancelled or refused', async () => {
  const engine = await load('convolutions')
  const input = (value: number): Tensors => ({
    x: { dtype: 'float32', shape: [1, 32, 64, 64], data: new Float32Array(32 * 64 * 64).fill(value) },
  })
  const order: string[] = []
  const first = ask(engine, input(1)).then(() => order.push('first'))
  const canceled: Answered[] = []
  const drop = engine.submit(
    { inputs: input(2), outputs: undefined, deadline: performance.now() + 30_000, priority: 2 },
    outcome => canceled.push(outcome),
  )
  const hopeless = ask(engine, input(3), { ms: 0.5 }).then(answer => {
    order.push('hopeless')
    return answer
  })
  drop()
  expect(await hopeless).toMatchObject({ kind: 'failed', error: { code: 'DEADLINE_EXCEEDED' } })
  await first
  expect(order).toEqual(['hopeless', 'first'])
  expect((await ask(engine, input(4))).kind).toBe('done')
  expect(canceled).toEqual([])
})

test('a model that moves to other lanes answers all the while', async () => {
  const engine = await load('line')
  let asking = true
  let answered = 0
  const asked = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = 0; asking; i++) {
      expect(valuesOf(await ask(engine, { x: floats([1, 2], i, lane) }), 'y')).toEqual([
        2 * i + 1,
        2 * lane + 1,
      ])
      answered++
    }
  })
  for (const lanes of [2, 1, 3]) {
    await engine.moveTo({ kind: 'lanes', lanes, threads: 1 })
    const before = answered
    await expect.poll(() => answered, { timeout: 20_000 }).toBeGreaterThan(before + 10)
  }
  asking = false
  await Promise.all(asked)
  expect(engine.shape).toEqual({ kind: 'lanes', lanes: 3, threads: 1 })
  expect(engine.statistics.fail.count).toBe(0)
})

test('a model that is light at first and heavy for longer inputs leaves the loop while it answers', async () => {
  const squares = buildOnnx({
    inputs: [{ name: 'x', shape: ['N', 'L'] }],
    outputs: [{ name: 'y', shape: ['N', 'L'] }],
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: { ints: [1, 0] } } },
      { op: 'MatMul', inputs: ['t', 'x'], outputs: ['m'] },
      { op: 'MatMul', inputs: ['m', 'm'], outputs: ['q'] },
      { op: 'MatMul', inputs: ['x', 'q'], outputs: ['y'] },
    ],
  })
  await writeFile(join(folder, 'squares'), squares)
  const engine = await load('squares')
  expect(engine.shape).toEqual({ kind: 'loop' })
  const x: Tensor = { dtype: 'float32', shape: [1, 1500], data: new Float32Array(1500).fill(0.1) }
  while (engine.shape.kind === 'loop') expect((await ask(engine, { x })).kind).toBe('done')
  expect(engine.shape).toEqual({ kind: 'lanes', lanes: 1, threads: 1 })
  expect((await ask(engine, { x })).kind).toBe('done')
})

test('what it did is counted: rows, runs, phases, sizes of batches', async () => {
  const engine = await load('line')
  expect(engine.statistics).toMatchObject({ inferences: 0, executions: 0, lastInferenceAt: 0 })
  const before = Date.now()
  await Promise.all(Array.from({ length: 6 }, (_, i) => ask(engine, { x: floats([2, 3], i, 1, 2, 3, 4, 5) })))
  const found = engine.statistics
  expect(found.inferences).toBe(12)
  expect(found.success.count).toBe(6)
  expect(found.queue.count).toBe(6)
  expect(found.computeInfer.count).toBe(6)
  expect(found.computeInfer.nanoseconds).toBeGreaterThan(0)
  expect(found.executions).toBeLessThanOrEqual(6)
  expect(found.lastInferenceAt).toBeGreaterThanOrEqual(before)
  expect(found.batches.reduce((sum, { rows, computeInfer }) => sum + rows * computeInfer.count, 0)).toBe(12)
  expect(found.success.nanoseconds).toBeGreaterThanOrEqual(found.queue.nanoseconds)
})

test('with a cache, equal inputs are computed once', async () => {
  const engine = await load('line', { serving: { cacheBytes: 1_000_000 } })
  const same = () => ask(engine, { x: floats([1, 2], 1, 2) })
  const together = await Promise.all([same(), same(), ask(engine, { x: floats([2, 1], 1, 2) })])
  const later = await same()
  expect([...together, later].map(answer => answer.cached)).toEqual([false, true, false, true])
  expect(valuesOf(later, 'y')).toEqual([3, 5])
  expect(engine.statistics).toMatchObject({ inferences: 3, cacheHit: { count: 2 }, cacheMiss: { count: 2 } })
})

test('no more rows run together than is allowed, and no more requests wait', async () => {
  const engine = await load('line', { serving: { maxBatchRows: 3, maxWaiting: 5 } })
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) => ask(engine, { x: floats([1, 1], i) })),
  )
  expect(answers.filter(({ kind }) => kind === 'done')).toHaveLength(5)
  expect(answers.at(-1)).toMatchObject({
    error: { code: 'QUEUE_FULL', details: { headers: { 'retry-after': '1' } } },
  })
  expect(Math.max(...engine.statistics.batches.map(({ rows }) => rows))).toBeLessThanOrEqual(3)
})
