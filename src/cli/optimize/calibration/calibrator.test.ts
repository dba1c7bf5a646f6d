import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openModel } from '../../../formats/index.ts'
import { CHANGES, type Range, type Ranges, type StaticChange } from '../../../optimize/index.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { dataFile } from '../data-file.ts'
import { optimizeModel } from '../optimize.ts'
import { type Calibrate, type CalibrationOptions, calibratorOf } from './calibrator.ts'
import { calibrationData } from './data.ts'

const FIXTURES = new URL('../../../../test/fixtures/optimize/static/', import.meta.url).pathname
const DIGITS = new URL('../../../../examples/digits', import.meta.url).pathname
const MAIN = new URL('../../main.ts', import.meta.url).pathname
const OWN = { data: dataFile(join(DIGITS, 'data/test.npz'), undefined), program: [process.execPath, MAIN] }
/** Processes start slowly where many do. */
vi.setConfig({ testTimeout: 180_000 })
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
  const lines: string[] = []
  /** A slow machine tells of some before. */
  const ended = () => lines.filter(line => / (\d+) of \1 /.test(line))
  async function digits(more: Partial<CalibrationOptions> = {}): Promise<Calibrate> {
    const config = await modelConfigOf(DIGITS, await localRepository(DIGITS))
    lines.length = 0
    return calibratorOf({ config, ...OWN, scratch: folder, say: line => lines.push(line), ...more })
  }

  test('is calibrated on its own data; the same samples give the same bytes, and nothing is left', async () => {
    const path = join(DIGITS, 'model.onnx')
    const run = async () => optimize(path, { ...STATIC, samples: 40 }, await digits())
    const [first, second] = [await run(), await run()]
    expect(first.change).toBe('static uint8, weights int8 per channel, minmax of at most 40 examples')
    expect(first.ranges!.length).toBeGreaterThan(5)
    expect(second.files).toEqual(first.files)
    expect(first.comparison!.drift[0]!.sameBest).toBeGreaterThan(0.9)
    expect(await readdir(folder)).toEqual(['variant.onnx'])
  })

  test('a way is gone once, whatever is kept', async () => {
    const path = join(DIGITS, 'model.onnx')
    const calibrate = await digits()
    await optimize(path, { ...STATIC, samples: 8 }, calibrate)
    expect(ended()).toEqual(['calibration: 8 of 8 examples'])
    await optimize(path, { ...STATIC, samples: 8, perChannel: false }, calibrate)
    expect(ended()).toHaveLength(1)
    await optimize(path, { ...STATIC, samples: 9 }, calibrate)
    expect(ended()).toEqual(['calibration: 8 of 8 examples', 'calibration: 9 of 9 examples'])
  })

  test('a process that dies costs its batch, and the next one goes on; a second one at the same place ends it', async () => {
    const path = join(DIGITS, 'model.onnx')
    const whole = await optimize(path, { ...STATIC, samples: 150 }, await digits())
    // The second batch dies once, by the file that the first death leaves.
    const dying = (times: number) => [
      process.execPath,
      '-e',
      `const { existsSync, writeFileSync } = require('node:fs')
       const { spawnSync } = require('node:child_process')
       const died = n => ${JSON.stringify(join(folder, 'died'))} + n
       const calibration = require('node:fs').readdirSync(${JSON.stringify(folder)}).find(name => name.startsWith('ballast-calibrate-'))
       const state = ${JSON.stringify(folder)} + '/' + calibration + '/state'
       for (let n = 0; n < ${times} && existsSync(state); n++)
         if (!existsSync(died(n))) { writeFileSync(died(n), ''); process.kill(process.pid, 'SIGKILL') }
       process.exitCode = spawnSync(process.execPath, [${JSON.stringify(MAIN)}, ...process.argv.slice(1)], { stdio: 'inherit' }).status`,
    ]
    const once = await optimize(path, { ...STATIC, samples: 150 }, await digits({ program: dying(1) }))
    expect(once.ranges).toEqual(whole.ranges)
    await rm(join(folder, 'died0'))
    const twice = optimize(path, { ...STATIC, samples: 150 }, await digits({ program: dying(2) }))
    await expect(twice).rejects.toMatchObject({
      code: 'MODEL_CRASHED',
      message: expect.stringContaining('SIGKILL'),
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
      const { config, data } = await calibrationData(folder, OWN.data.path)
      expect(data.path).toBe(OWN.data.path)
      expect(config).toMatchObject({ task: 'generic', preprocess: [] })
    },
  )

  test('data that do not fit the model are told with what was expected', async () => {
    const config = await modelConfigOf(DIGITS, await localRepository(DIGITS))
    const calibrate = calibratorOf({ ...OWN, config: { ...config, preprocess: [] } })
    await expect(optimize(`${FIXTURES}mlp.onnx`, STATIC, calibrate)).rejects.toMatchObject({
      code: 'DATASET_UNFIT',
    })
  })
})
