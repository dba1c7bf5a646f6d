import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dataset, openDataset } from '../../evaluate/index.ts'
import { openModel } from '../../formats/index.ts'
import { CHANGES, type Range, type Ranges, type StaticChange } from '../../optimize/index.ts'
import { modelConfigOf } from '../stages/context.ts'
import { localRepository } from '../stages/local.ts'
import { type Calibrate, calibratorOf } from './calibrate.ts'
import { calibrationData } from './calibration-data.ts'
import { optimizeModel } from './optimize.ts'

const FIXTURES = new URL('../../../test/fixtures/optimize/static/', import.meta.url).pathname
const DIGITS = new URL('../../../examples/digits', import.meta.url).pathname
const STATIC = CHANGES['int8-static'] as StaticChange

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibrate-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function optimize(path: string, change: StaticChange, calibrate?: Calibrate) {
  const model = await openModel(path)
  const measure = { shapes: new Map(), threads: 1, budget: 100, processes: 0 }
  const keep = new Set<string>()
  const out = join(folder, 'variant.onnx')
  const request = { path, out, change, keep, measure, ...(calibrate && { calibrate }) }
  return optimizeModel(model, request).finally(() => model.close())
}

describe('the models of the fixtures, with the ranges that onnxruntime found', () => {
  const made: Readonly<
    Record<
      string,
      { readonly ranges: { readonly minmax: Readonly<Record<string, readonly [number, number]>> } }
    >
  > = JSON.parse(readFileSync(`${FIXTURES}expected.json`, 'utf8'))
  const rangesOf = (name: string): Ranges =>
    new Map(
      Object.entries(made[name]!.ranges.minmax).map(([value, [least, greatest]]): [string, Range] => [
        value,
        { least, greatest },
      ]),
    )
  const symmetric = { ...STATIC, activations: { dtype: 'int8', symmetric: true } } as const

  test.each(
    Object.keys(made).flatMap(name => [
      [name, 'uint8', STATIC] as const,
      [name, 'symmetric int8', symmetric] as const,
      [name, 'one scale', { ...STATIC, perChannel: false }] as const,
    ]),
  )('%s, %s: runs, and answers nearly as the original', async (name, _, change) => {
    const { comparison, changed } = await optimize(`${FIXTURES}${name}.onnx`, change, async () =>
      rangesOf(name),
    )
    expect(changed.length).toBeGreaterThan(3)
    // The made-up inputs lie in a tenth of the ranges, and TopK jumps.
    for (const { relative } of comparison!.drift) expect(relative).toBeLessThan(0.4)
  })
})

describe('the digits example', () => {
  async function digits<T>(use: (data: Dataset, calibrate: Calibrate) => Promise<T>): Promise<T> {
    const data = await openDataset(join(DIGITS, 'data/test.npz'), { rows: 'allowed' })
    const config = await modelConfigOf(DIGITS, await localRepository(DIGITS))
    return use(data, calibratorOf({ config, data, scratch: folder })).finally(() => data.close())
  }

  test('is calibrated on its own data; the same samples give the same bytes, and nothing is left', async () => {
    const path = join(DIGITS, 'model.onnx')
    const run = () => digits((_, calibrate) => optimize(path, { ...STATIC, samples: 40 }, calibrate))
    const [first, second] = [await run(), await run()]
    expect(first.change).toBe('static uint8, weights int8 per channel, minmax of at most 40 examples')
    expect(first.ranges!.length).toBeGreaterThan(5)
    expect(second.files).toEqual(first.files)
    expect(first.comparison!.drift[0]!.sameBest).toBeGreaterThan(0.9)
    expect(await readdir(folder)).toEqual(['variant.onnx'])
  })

  test('a way is gone once, whatever is kept', async () => {
    await digits(async (data, calibrate) => {
      let read = 0
      const batches = data.batches.bind(data)
      data.batches = size => {
        read++
        return batches(size)
      }
      const model = await openModel(join(DIGITS, 'model.onnx'))
      await optimize(join(DIGITS, 'model.onnx'), { ...STATIC, samples: 8 }, calibrate)
      const once = read
      await optimize(join(DIGITS, 'model.onnx'), { ...STATIC, samples: 8, perChannel: false }, calibrate)
      expect(read).toBe(once)
      await optimize(join(DIGITS, 'model.onnx'), { ...STATIC, samples: 9 }, calibrate)
      expect(read).toBe(2 * once)
      await model.close()
    })
  })

  test('without data it is said what is missing', async () => {
    await expect(optimize(join(DIGITS, 'model.onnx'), STATIC)).rejects.toMatchObject({ code: 'NO_DATA' })
    await copyFile(join(DIGITS, 'model.onnx'), join(folder, 'model.onnx'))
    await expect(calibrationData(folder, undefined)).rejects.toMatchObject({ code: 'NO_DATA' })
  })

  test.each([0, 1, 2])(
    'a folder with %i models and no ballast.yaml takes the data as they are',
    async count => {
      for (let i = 0; i < count; i++) await copyFile(join(DIGITS, 'model.onnx'), join(folder, `${i}.onnx`))
      const { config, data } = await calibrationData(folder, join(DIGITS, 'data/test.npz'))
      await data.close()
      expect(config).toMatchObject({ task: 'generic', preprocess: [] })
    },
  )

  test('data that do not fit the model are told with what was expected', async () => {
    const data = await openDataset(join(DIGITS, 'data/test.npz'), { rows: 'allowed' })
    const config = await modelConfigOf(DIGITS, await localRepository(DIGITS))
    const calibrate = calibratorOf({ config: { ...config, preprocess: [] }, data })
    await expect(
      optimize(`${FIXTURES}mlp.onnx`, STATIC, calibrate).finally(() => data.close()),
    ).rejects.toMatchObject({ code: 'DATASET_UNFIT' })
  })
})
