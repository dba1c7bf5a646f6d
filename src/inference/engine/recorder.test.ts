import { expect, test } from 'vitest'
import { Recorder } from './recorder.ts'

const phases = { inputMs: 1, inferMs: 2, outputMs: 0.5 }

test('each request counts the phases of the run that it was part of, each run once by its size', () => {
  const recorder = new Recorder()
  recorder.ran(4, 3, phases)
  recorder.ran(1, 1, phases)
  recorder.ran(4, 1, { inputMs: 0, inferMs: 8, outputMs: 0 })
  recorder.succeeded(10, 6)
  recorder.succeeded(20, 16)
  recorder.failed(3)
  const found = recorder.statistics
  expect(found).toMatchObject({
    inferences: 9,
    executions: 3,
    success: { count: 2, nanoseconds: 30e6 },
    queue: { count: 2, nanoseconds: 22e6 },
    fail: { count: 1, nanoseconds: 3e6 },
    computeInput: { count: 5, nanoseconds: 4e6 },
    computeInfer: { count: 5, nanoseconds: 16e6 },
    computeOutput: { count: 5, nanoseconds: 2e6 },
    cacheHit: { count: 0, nanoseconds: 0 },
  })
  expect(found.batches).toEqual([
    {
      rows: 1,
      computeInput: { count: 1, nanoseconds: 1e6 },
      computeInfer: { count: 1, nanoseconds: 2e6 },
      computeOutput: { count: 1, nanoseconds: 0.5e6 },
    },
    {
      rows: 4,
      computeInput: { count: 2, nanoseconds: 1e6 },
      computeInfer: { count: 2, nanoseconds: 10e6 },
      computeOutput: { count: 2, nanoseconds: 0.5e6 },
    },
  ])
})

test('before the first request all is zero, and no time is told', () => {
  expect(new Recorder().statistics).toMatchObject({
    inferences: 0,
    executions: 0,
    lastInferenceAt: 0,
    batches: [],
  })
})

test('a hit is a success of no run', () => {
  const recorder = new Recorder()
  recorder.missed(0.1)
  recorder.hit(0.2)
  expect(recorder.statistics).toMatchObject({
    executions: 0,
    success: { count: 1, nanoseconds: 200_000 },
    cacheHit: { count: 1, nanoseconds: 200_000 },
    cacheMiss: { count: 1, nanoseconds: 100_000 },
  })
})

test('whoever sends every number of rows does not fill the memory', () => {
  const recorder = new Recorder()
  for (let rows = 1; rows <= 10_000; rows++) recorder.ran(rows, 1, phases)
  expect(recorder.statistics.batches).toHaveLength(256)
  expect(recorder.statistics.executions).toBe(10_000)
})
