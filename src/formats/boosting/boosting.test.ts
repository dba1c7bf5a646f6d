import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { lightgbmValue, xgboostValues } from '../../../test/fixtures/boosting/evaluate.ts'
import { generator } from '../../../test/fixtures/onnx-builder.ts'
import { BallastError, sourceOf } from '../../core/index.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { memoryTree } from '../tree/memory.ts'
import { openLightgbm, openXgboost } from './index.ts'

const FIXTURES = new URL('../../../test/fixtures/boosting/', import.meta.url).pathname

interface Expected {
  readonly tensors: Record<string, { shape: number[]; sha256: string }>
  readonly margin: number[][]
  readonly base_score?: number[]
  readonly objective?: string
  readonly booster?: string
}
const expected: { sample: (number | null)[][]; models: Record<string, Expected> } = JSON.parse(
  readFileSync(`${FIXTURES}expected.json`, 'utf8'),
)
const rows = expected.sample.map(row => row.map(value => value ?? Number.NaN))

const inputOf = (bytes: Uint8Array, path = 'model'): ModelInput => ({
  source: sourceOf(bytes, path),
  path,
  storedSize: bytes.byteLength,
  wrapper: [],
  tree: memoryTree(new Map()),
})
const fixture = (name: string) => new Uint8Array(readFileSync(`${FIXTURES}${name}`))

async function digests(model: OpenModel): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const { name, shape, bytes, stored } of model.file.tensors) {
    const hash = createHash('sha256')
    let size = 0
    for await (const piece of model.readTensor(name)) {
      hash.update(piece)
      size += piece.byteLength
    }
    // UBJSON has types of its own where they are typed; they are those in memory.
    expect([name, stored, size]).toEqual([name, stored, bytes])
    found[name] = { shape, sha256: hash.digest('hex') }
  }
  return found
}

const XGBOOST = ['binary', 'dart', 'categories', 'linear', 'targets']
const files = XGBOOST.flatMap(name => [
  [`${name}.json`, name],
  [`${name}.ubj`, name],
])

describe.each(files)('%s', (file, name) => {
  const wanted = expected.models[name!]!

  test('has the arrays that XGBoost wrote', async () => {
    const model = await openXgboost(inputOf(fixture(file!)))
    const found = await digests(model)
    for (const key of Object.keys(found)) if (key.startsWith('cats.')) delete found[key]
    expect(found).toEqual(wanted.tensors)
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    expect(model.file).toMatchObject({
      format: file!.endsWith('.ubj') ? 'xgboost-ubj' : 'xgboost-json',
      framework: 'XGBoost',
      producer: 'XGBoost 3.2.0',
      what: `${wanted.booster}, ${wanted.objective}`,
    })
  })

  test.runIf(name !== 'linear')('has trees that decide as XGBoost does', async () => {
    const model = await openXgboost(inputOf(fixture(file!)))
    const margins = rows.map((_, i) => wanted.margin[i]!.map((_, k) => baseOf(wanted, k)))
    for await (const tree of model.readTrees())
      rows.forEach((row, i) => {
        xgboostValues(tree, row).forEach((value, k) => {
          margins[i]![tree.leafSize === 1 ? tree.group : k]! += value
        })
      })
    margins.forEach((margin, i) => {
      margin.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted.margin[i]![k]!, 4)
      })
    })
  })
})

function baseOf({ base_score: base, objective }: Expected, k: number): number {
  const score = base![k] ?? base![0]!
  return objective === 'binary:logistic' ? Math.log(score / (1 - score)) : score
}

test('a linear model of XGBoost has its weights and its bias', async () => {
  const model = await openXgboost(inputOf(fixture('linear.ubj')))
  const pieces: Uint8Array[] = []
  for await (const piece of model.readTensor('weights')) pieces.push(piece)
  const [a, b, bias] = new Float32Array(new Uint8Array(Buffer.concat(pieces)).buffer)
  const { margin, base_score: base } = expected.models['linear']!
  rows.forEach(([x, y], i) => {
    expect(a! * x! + b! * y! + bias! + base![0]!).toBeCloseTo(margin[i]![0]!, 4)
  })
})

describe.each(['lightgbm', 'lightgbm-classes', 'lightgbm-linear'])('%s.txt', name => {
  const wanted = expected.models[name]!

  test('has the arrays that LightGBM wrote', async () => {
    const model = await openLightgbm(inputOf(fixture(`${name}.txt`)))
    expect(await digests(model)).toEqual(wanted.tensors)
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
  })

  test.each(['LF', 'CRLF'])('has trees that decide as LightGBM does, with lines ended by %s', async ends => {
    const text = fixture(`${name}.txt`)
    const crlf = Buffer.from(Buffer.from(text).toString('utf8').replaceAll('\n', '\r\n'))
    const model = await openLightgbm(inputOf(ends === 'LF' ? text : crlf))
    const margins = wanted.margin.map(margin => margin.map(() => 0))
    for await (const tree of model.readTrees())
      rows.forEach((row, i) => {
        const filled = name === 'lightgbm-linear' ? row.map(value => value || 0) : row
        margins[i]![tree.group]! += lightgbmValue(tree, filled)
      })
    margins.forEach((margin, i) => {
      margin.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted.margin[i]![k]!, 9)
      })
    })
  })
})

test('what people and libraries wrote about a model is its metadata', async () => {
  const { file } = await openXgboost(inputOf(fixture('binary.json')))
  expect(file.metadata).toEqual(
    expect.arrayContaining([
      { key: 'objective.name', value: 'binary:logistic' },
      { key: 'learner_model_param.num_feature', value: '4' },
      { key: 'feature_names', value: '["a","b","c","d"]' },
    ]),
  )
  expect(file.signature).toMatchObject({ inputs: [{ shape: [null, 4] }], outputs: [{ shape: [null] }] })
  expect(file.graph).toMatchObject({ kind: 'trees', operators: [{ name: 'Tree', count: 3 }] })
  const light = (await openLightgbm(inputOf(fixture('lightgbm-classes.txt')))).file
  expect(light.metadata).toEqual(
    expect.arrayContaining([
      { key: 'objective', value: 'multiclass num_class:3' },
      { key: 'feature_names', value: 'a b c d kind' },
      { key: 'parameters.boosting', value: 'gbdt' },
      { key: 'pandas_categorical', value: '[["u", "v", "w", "x", "y"]]' },
    ]),
  )
  expect(light.signature).toMatchObject({ inputs: [{ shape: [null, 5] }], outputs: [{ shape: [null, 3] }] })
})

const openAny = (name: string, bytes: Uint8Array) =>
  name.startsWith('lightgbm') ? openLightgbm(inputOf(bytes)) : openXgboost(inputOf(bytes))

/** Opens a model and reads all that is in it. */
async function readAll(name: string, bytes: Uint8Array): Promise<void> {
  const model = await openAny(name, bytes)
  for (const tensor of model.file.tensors) for await (const _ of model.readTensor(tensor.name));
  for await (const _ of model.readTrees());
}

const ALL = [...files.map(([file]) => file!), 'lightgbm.txt', 'lightgbm-classes.txt', 'lightgbm-linear.txt']

test.each(ALL)('%s cut off anywhere is refused', async file => {
  const whole = fixture(file)
  // Behind its trees a LightGBM model may end.
  const end = file.startsWith('lightgbm') ? Buffer.from(whole).indexOf('end of trees') : whole.length
  for (let length = 0; length < end; length += Math.ceil(end / 120))
    await expect(readAll(file, whole.subarray(0, length))).rejects.toBeInstanceOf(BallastError)
})

test.each(ALL)('%s with bytes changed is read, or refused with a typed error', async file => {
  const whole = fixture(file)
  const random = generator(17)
  for (let run = 0; run < 60; run++) {
    const content = Uint8Array.from(whole)
    for (let i = 0; i < 1 + (run % 4); i++)
      content[Math.floor(random() * content.length)] = Math.floor(random() * 256)
    try {
      await readAll(file, content)
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
    }
  }
})
