import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { made, rangesOf } from '../precision/qdq/testing.ts'
import { Histogram } from './histogram.ts'
import { samplesOf } from './testing.ts'
import { entropyBins, entropyRange, percentileRange } from './thresholds.ts'

async function inputOf(name: string): Promise<Float32Array> {
  const samples = await samplesOf(name)
  return Float32Array.from(samples.flatMap(({ x }) => [...(x!.data as Float32Array)]))
}

function of(numbers: Float32Array): Histogram {
  const histogram = new Histogram()
  histogram.add(numbers)
  return histogram
}

/** As numpy.histogram has it: from −m to m, and m itself in the last bin. */
function numpyBins(
  numbers: Float32Array,
  bins: number,
): { readonly counts: Float64Array; readonly step: number } {
  const most = numbers.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  const counts = new Float64Array(bins)
  const step = (2 * most) / bins
  for (const x of numbers) counts[Math.min(Math.floor((x + most) / step), bins - 1)]!++
  return { counts, step }
}

describe.each(Object.keys(made))('the input of %s', name => {
  test('in the bins of onnxruntime the least divergence is where its own is', async () => {
    const numbers = await inputOf(name)
    const { counts, step } = numpyBins(numbers, 2048)
    const { below, above } = entropyBins(counts)
    const theirs = rangesOf(name, 'entropy 2048').get('x')!
    const { least, greatest } = rangesOf(name).get('x')!
    expect(Math.max(-below * step, least)).toBeCloseTo(theirs.least, 5)
    expect(Math.min(above * step, greatest)).toBeCloseTo(theirs.greatest, 5)
  })

  test.each([
    ['percentile', undefined],
    ['percentile 99', 99],
  ] as const)('%s: within a bin of theirs and one of ours', async (method, percentile) => {
    const histogram = of(await inputOf(name))
    const found = percentileRange(histogram, percentile)
    const theirs = rangesOf(name, method).get('x')!
    const most = Math.max(-histogram.least, histogram.greatest)
    const error = most / 2048 + histogram.width
    expect(Math.abs(found.least - theirs.least)).toBeLessThanOrEqual(error)
    expect(Math.abs(found.greatest - theirs.greatest)).toBeLessThanOrEqual(error)
  })
})

test('that part of the numbers lies within the percentile, and not much more is wide', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 100 }),
      (numbers, percentile) => {
        const histogram = of(numbers)
        const { least, greatest } = percentileRange(histogram, percentile)
        const bound = Math.max(-least, greatest)
        const magnitudes = Array.from(numbers, Math.abs).sort((a, b) => a - b)
        const within = magnitudes.filter(m => m <= Math.fround(bound)).length
        expect(within).toBeGreaterThanOrEqual((numbers.length * percentile) / 100)
        const quantile = magnitudes[Math.ceil((numbers.length * percentile) / 100) - 1]!
        expect(bound).toBeLessThanOrEqual(Math.fround(quantile + histogram.width))
      },
    ),
  )
})

test('one far number among a hundred thousand is cut off by the entropy, and is not by the extremes', () => {
  const numbers = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i) + Math.sin(i * 1.7))
  numbers[5000] = 60
  const histogram = of(numbers)
  const { least, greatest } = entropyRange(histogram)
  expect(greatest).toBeLessThan(10)
  expect(greatest).toBeGreaterThan(1.9)
  expect(least).toBe(histogram.least)
})

test('of few numbers nothing is cut off, however many zeros are among them', () => {
  const numbers = new Float32Array(100_000)
  for (let i = 0; i < 500; i++) numbers[i] = (i / 250) ** 3
  const { least, greatest } = entropyRange(of(numbers))
  expect([least, greatest]).toEqual([0, Math.fround((499 / 250) ** 3)])
})

test.each([
  ['zeros', [0, 0, 0], 0, 0],
  ['one number', [3], 3, 3],
])('%s', (_, numbers, least, greatest) => {
  const histogram = of(Float32Array.from(numbers))
  for (const range of [entropyRange(histogram), percentileRange(histogram)])
    expect([range.least + 0, range.greatest + 0]).toEqual([least, greatest])
})
