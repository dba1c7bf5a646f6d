import { expect, test } from 'vitest'
import { optimizationViewOf } from './variants.ts'

const found = (metrics: Record<string, number>) => ({
  prefer: 'latency',
  machine: { processor: 'x', architecture: 'x64', instructions: [], threads: 1 },
  original: { metrics, intervals: {}, bytes: 8 },
  tried: [],
  chosen: null,
})

test.each([
  [
    { size: 8, latency_p50: 2, accuracy: 0.9, log_loss: 0.1 },
    { name: 'accuracy', better: 'higher' },
  ],
  [
    { log_loss: 0.1, accuracy: 0.9 },
    { name: 'log_loss', better: 'lower' },
  ],
  [{ size: 8, latency_p99: 2 }, null],
  [{ constructor: 1 }, null],
] as const)('of %j variants are compared by %j beside size and latency', (metrics, metric) => {
  expect(optimizationViewOf(found(metrics))?.metric).toEqual(metric)
})

test('what is no word of a search is none', () => {
  for (const body of [undefined, null, {}, { ...found({}), prefer: 'luck' }])
    expect(optimizationViewOf(body)).toBeNull()
})
