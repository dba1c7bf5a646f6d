import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StageInput } from '../../api/index.ts'
import { type ModelRepository, parseConfig } from '../../config/index.ts'
import { digestOfFile } from '../../core/index.ts'
import type { StageContext } from './context.ts'
import { convertStage } from './convert.ts'
import { readConversion } from './converted.ts'
import { registerStage } from './register.ts'
import { scanStage } from './scan.ts'

const FIXTURES = new URL('../../../test/fixtures/', import.meta.url).pathname
const CHAPTER = join(FIXTURES, 'convert/chapter/sklearn')

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-convert-'))
})
afterEach(() => rm(workspace, { recursive: true }))

const take = (from: string, name: string) => cp(join(FIXTURES, from), join(workspace, name))
const takeChapter = (name: string, as = name) => cp(join(CHAPTER, name), join(workspace, as))

function aContext(yaml: string): StageContext {
  const repository = parseConfig(yaml).repository as ModelRepository
  const input = { commit: 'c'.repeat(40), config: repository, policyGates: [] } as unknown as StageInput
  return { workspace, repository, input: { ...input, workspace } }
}

/** Scanned first, as in a pipeline. */
async function converted(yaml: string) {
  const context = aContext(yaml)
  await scanStage(context)
  return convertStage(context, () => undefined)
}

const YAML = 'model: { name: digits, file: model.pkl.gz }'

describe('parity', () => {
  test('answers as the original’s pass, and go on record with the layers', async () => {
    await takeChapter('model.pkl.gz')
    await takeChapter('model.samples.npz')
    const { verdict, summary, records } = await converted(YAML)
    expect(verdict).toBe('passed')
    expect(summary.join('\n')).toMatch(
      /parity: passed on 40 samples of model\.samples\.npz\n {2}label \(int64\): equal\n/,
    )
    expect(records['conversion']).toMatchObject({
      format: 'pickle',
      what: 'Pipeline',
      inputs: ['input'],
      outputs: ['label', 'probabilities'],
      parity: {
        verdict: 'passed',
        samples: { rows: 40, digest: await digestOfFile(join(CHAPTER, 'model.samples.npz')) },
      },
      mapping: expect.arrayContaining([
        expect.objectContaining({ kind: 'StandardScaler' }),
        expect.objectContaining({ kind: 'LogisticRegression' }),
      ]),
    })
  })

  test('without samples nothing is known, and it is said how to make some', async () => {
    await takeChapter('model.pkl.gz')
    const { verdict, summary } = await converted(YAML)
    expect(verdict).toBe('inconclusive')
    expect(summary.slice(-2)).toEqual([
      "Save some inputs with the original's answers: numpy.savez('model.samples.npz', input=…, label=…, probabilities=…)",
      'A maintainer may accept the model without, which is recorded with the version.',
    ])
  })

  test('answers of another model fail, with the first that differs', async () => {
    await take('pickle/sklearn/logistic.pkl', 'model.pkl')
    await writeFile(
      join(workspace, 'model.samples.npz'),
      await readFile(join(FIXTURES, 'convert/parity/three.npz')),
    )
    const { verdict, summary } = await converted('model: model.pkl')
    expect(verdict).toBe('failed')
    expect(summary.join('\n')).toMatch(
      /label \(int64\): \d of 2 answers differ, .*; first at \d: expected 7, found [01]/,
    )
  })

  test('samples that the file names must be there', async () => {
    await takeChapter('model.pkl.gz')
    const work = converted(`${YAML}\nconvert: { samples: answers.npz }`)
    await expect(work).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('answers.npz'),
    })
  })

  test('samples under a name that the file says', async () => {
    await takeChapter('model.pkl.gz')
    await takeChapter('model.samples.npz', 'answers.npz')
    const { verdict } = await converted(`${YAML}\nconvert: { samples: answers.npz, tolerance: 0.01 }`)
    expect(verdict).toBe('passed')
  })
})

test('what can not be converted fails, with everything at once and the way out', async () => {
  await take('pytorch/state-dict.pt', 'model.pkl')
  const { verdict, summary } = await converted('model: model.pkl')
  expect(verdict).toBe('failed')
  expect(summary).toEqual([
    'model.pkl is in pytorch, which is not converted',
    '`convert: false` in ballast.yaml versions it as it is, without serving it.',
  ])
})

test('bytes that were not scanned are not converted', async () => {
  await takeChapter('model.pkl.gz')
  const context = aContext(YAML)
  await scanStage(context)
  await take('pickle/sklearn/ridge.joblib', 'model.pkl.gz')
  await expect(convertStage(context, () => undefined)).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
})

test('the original and its ONNX form are one version, with the classes of the original', async () => {
  await takeChapter('model.pkl.gz')
  await converted(YAML)
  const context = aContext(`${YAML}\nserve: { idle: 15m, threads: 2 }`)
  expect(await readConversion(workspace, context.repository)).toMatchObject({
    scores: 'probabilities',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  })
  const { manifest, records } = await registerStage(context)
  expect(manifest?.files.map(({ name }) => name)).toEqual(['model.pkl.gz', '.ballast/converted/model.onnx'])
  expect(manifest?.config).toMatchObject({ output: 'probabilities', labels: expect.arrayContaining(['9']) })
  expect(records['reference-outputs']).toBeDefined()
  expect(records['serving']).toEqual({ idleMs: 900_000, threads: 2 })
})
