import { deserialize, serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import type { OnnxModel } from '../../formats/index.ts'
import { quantizeStatic } from '../precision/qdq/quantize.ts'
import { made, rangesOf, withStatic } from '../precision/qdq/testing.ts'
import type { Ranges } from '../precision/qdq/types.ts'
import { groupsWithin } from './augment.ts'
import {
  type CalibrateRequest,
  type CalibrationState,
  collectRanges,
  collectSome,
  isCollected,
} from './collect.ts'
import { samplesOf, withOpener } from './testing.ts'
import type { Calibration } from './types.ts'

function calibrated(name: string, method: Calibration, more: Partial<CalibrateRequest> = {}) {
  return withOpener(open =>
    withStatic(name, async model => {
      const samples = await samplesOf(name)
      return collectRanges({
        model,
        method,
        open,
        async *samples(_, from) {
          yield* samples.slice(from)
        },
        ...more,
      })
    }),
  )
}

describe.each(Object.keys(made))('%s', name => {
  test('the least and the greatest are those that onnxruntime found', async () => {
    const sorted = (ranges: Ranges) => [...ranges].sort(([a], [b]) => (a < b ? -1 : 1))
    expect(sorted(await calibrated(name, 'minmax'))).toEqual(sorted(rangesOf(name)))
  })

  test.each([
    ['average', 'minmax moving', 1e-6],
    // A bin of theirs: they take its lower edge, we the upper one.
    ['percentile', 'percentile', 1 / 2048 + 1e-6],
  ] as const)('%s: as near to theirs as its error says', async (method, theirs, error) => {
    const [found, extremes] = [await calibrated(name, method), rangesOf(name)]
    for (const [value, wanted] of rangesOf(name, theirs)) {
      const { least, greatest } = extremes.get(value)!
      const most = error * Math.max(-least, greatest)
      expect(Math.abs(found.get(value)!.least - wanted.least), value).toBeLessThanOrEqual(most)
      expect(Math.abs(found.get(value)!.greatest - wanted.greatest), value).toBeLessThanOrEqual(most)
    }
  })
})

test('entropy: within the extremes, narrower somewhere', async () => {
  const [found, extremes] = [await calibrated('cnn', 'entropy'), rangesOf('cnn')]
  for (const [value, { least, greatest }] of found) {
    expect(least, value).toBeGreaterThanOrEqual(extremes.get(value)!.least)
    expect(greatest, value).toBeLessThanOrEqual(extremes.get(value)!.greatest)
  }
  expect(found.get('v1')!.greatest).toBeLessThan(extremes.get('v1')!.greatest)
})

test.each(['minmax', 'average', 'entropy', 'percentile'] as const)(
  '%s by a few samples at a time, each from what the one before left, gives the same ranges',
  async method => {
    const whole = await calibrated('cnn', method)
    const parted = await withOpener(open =>
      withStatic('cnn', async model => {
        const samples = await samplesOf('cnn')
        let state: CalibrationState | undefined
        let parts = 0
        do {
          // What another process would read.
          const read = state && (deserialize(serialize(state)) as CalibrationState)
          const request: CalibrateRequest = {
            model,
            method,
            open,
            maxRuns: 3,
            maxRunBytes: 3000,
            async *samples(_, from) {
              yield* samples.slice(from)
            },
          }
          state = await collectSome(request, read)
          parts++
        } while (!isCollected(state))
        expect(parts).toBeGreaterThan(samples.length / 3)
        return state.ranges
      }),
    )
    expect(parted).toEqual(whole)
  },
)

test('values that are too many for one run are collected in several passes, to the same ranges', async () => {
  const passes = new Set<string>()
  const found = await calibrated('cnn', 'percentile', {
    maxRunBytes: 3000,
    onProgress: (_, count, pass) => passes.add(`${pass} of ${count}`),
  })
  expect(passes.size).toBeGreaterThan(2)
  expect(found).toEqual(await calibrated('cnn', 'percentile'))
})

test('what a sample gave is gone before the next one runs', async () => {
  const samples = await samplesOf('cnn')
  const given: ArrayBufferLike[] = []
  let most = 0
  await withOpener(opener =>
    withStatic('cnn', model =>
      collectRanges({
        model,
        method: 'entropy',
        async *samples(_, from) {
          yield* samples.slice(from)
        },
        async open(augmented) {
          const session = await opener(augmented)
          return {
            signature: session.signature,
            close: () => session.close(),
            async run(inputs, names) {
              most = Math.max(
                most,
                given.reduce((sum, { byteLength }) => sum + byteLength, 0),
              )
              const outputs = await session.run(inputs, names)
              for (const { data } of Object.values(outputs))
                if (data instanceof Float32Array) given.push(data.buffer)
              return outputs
            },
          }
        },
      }),
    ),
  )
  expect(given.length).toBeGreaterThan(10 * samples.length)
  expect(most).toBe(0)
})

test('samples of other sizes than the first are taken as they are', async () => {
  const value = (name: string) => ({ name, dtype: 'float32', shape: ['N', 'words', 2] }) as const
  const model: OnnxModel = {
    irVersion: 9,
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'texts',
      nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
      inputs: [value('x')],
      outputs: [value('y')],
    },
  }
  const ranges = await calibrated('mlp', 'minmax', {
    model,
    // A run of the first sample is all that fits.
    maxRunBytes: 8,
    async *samples() {
      for (const words of [1, 3, 0, 2])
        yield { x: { dtype: 'float32', shape: [1, words, 2], data: new Float32Array(2 * words).fill(words) } }
    },
  })
  expect(Object.fromEntries(ranges)).toEqual({
    x: { least: 1, greatest: 3 },
    y: { least: 2, greatest: 6 },
  })
})

describe('hostile', () => {
  const one = (x: number) => ({
    async *samples() {
      yield* [{ x: { dtype: 'float32', shape: [1, 12], data: new Float32Array(12).fill(x) } }] as const
    },
  })

  test('NaN is told with its value and sample', async () => {
    await expect(calibrated('mlp', 'minmax', one(Number.NaN))).rejects.toMatchObject({
      code: 'CALIBRATION_FAILED',
      details: { value: 'x', sample: 1 },
    })
  })

  test('what was infinite has no range, and its nodes stay', async () => {
    const value = (name: string) => ({ name, dtype: 'float32', shape: [null, 12] }) as const
    const model: OnnxModel = {
      irVersion: 9,
      opsets: [{ domain: '', version: 17 }],
      graph: {
        name: 'overflowing',
        nodes: [
          { op: 'Mul', name: 'large', inputs: ['x', 'factor'], outputs: ['m'] },
          { op: 'Sigmoid', name: 'squeezed', inputs: ['m'], outputs: ['s'] },
          { op: 'Add', name: 'sum', inputs: ['s', 'x'], outputs: ['y'] },
        ],
        inputs: [value('x')],
        outputs: [value('y')],
        initializers: [
          { name: 'factor', dtype: 'float32', shape: [], data: new Uint8Array(Float32Array.of(3e38).buffer) },
        ],
      },
    }
    const ranges = await calibrated('mlp', 'entropy', { model, ...one(20) })
    expect([...ranges.keys()].sort()).toEqual(['s', 'x', 'y'])
    const { kept, changed } = quantizeStatic(model, ranges, {
      activations: { dtype: 'uint8', symmetric: false },
      weights: { dtype: 'int8', reduced: false },
      perChannel: false,
    })
    expect(changed).toEqual(['sum'])
    expect(kept.map(({ node, why }) => [node, why])).toEqual([
      ['large', "no range of 'm' is known"],
      ['squeezed', "no range of 'm' is known"],
    ])
  })

  test('no sample is told', async () => {
    const samples = async function* (): AsyncGenerator<never, void> {}
    await expect(calibrated('mlp', 'minmax', { samples })).rejects.toMatchObject({
      code: 'CALIBRATION_FAILED',
      message: 'There is no sample to calibrate with',
    })
  })

  test('a sample that does not fit is told by what runs it', async () => {
    const samples = async function* () {
      yield { x: { dtype: 'float32', shape: [1, 3], data: new Float32Array(3) } } as const
    }
    await expect(calibrated('mlp', 'minmax', { samples })).rejects.toMatchObject({ code: 'INPUT_SHAPE' })
  })
})

test.each([
  [{ a: 3, b: 4, c: 5 }, 7, [['a', 'b'], ['c']]],
  [{ a: 30, b: 4, c: 5 }, 10, [['a'], ['b', 'c']]],
  [{}, 10, []],
])('values of sizes %o in runs of %i', (sizes, limit, groups) => {
  expect(groupsWithin(new Map(Object.entries(sizes)), limit)).toEqual(groups)
})
