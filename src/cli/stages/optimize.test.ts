import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { optimizeRecordsSchema, type ReferenceOutputs, type StageInput } from '../../api/index.ts'
import { type ModelRepository, parseConfig } from '../../config/index.ts'
import { digestOfFile } from '../../core/index.ts'
import { loadOnnx } from '../../model/index.ts'
import { MEASURE } from '../optimize/actions/measure.ts'
import type { StageContext } from './context.ts'
import { evaluateStage } from './evaluate.ts'
import { optimizeStage, VARIANTS_FOLDER } from './optimize.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const DIGITS = new URL('../../../examples/digits/', import.meta.url).pathname

/** Processes start slowly where many do. */
vi.setConfig({ testTimeout: 180_000 })

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-variants-'))
  for (const name of ['model.onnx', 'labels.txt', 'data/test.npz'])
    await cp(join(DIGITS, name), join(workspace, name))
})
afterEach(() => rm(workspace, { recursive: true }))

function aContext(optimize: string, variant: string, policyGates: string[] = []): StageContext {
  const yaml = `
model:
  name: digits
  file: model.onnx
  task: image-classification
  labels: labels.txt
  preprocess: [decode: image, grayscale, resize: [28, 28], scale: 1/255]
evaluate: { data: data/test.npz, metrics: [accuracy, size], limit: 200 }
gates: [accuracy >= 0.9, accuracy non_inferior 0.1 versus production]
optimize: ${optimize}
deploy: { production: { variant: ${variant} } }
`
  const { repository, diagnostics } = parseConfig(yaml)
  expect(diagnostics).toEqual([])
  const input = { commit: 'c'.repeat(40), config: repository, policyGates } as unknown as StageInput
  return { workspace, repository: repository as ModelRepository, input: { ...input, workspace } }
}

const quiet = () => undefined
/** Sizes and answers are what most of these are about. */
const QUICK = { program: [process.execPath, MAIN], measure: { ...MEASURE, budget: 500, processes: 0 } }

async function optimized(context: StageContext, how: typeof QUICK = QUICK) {
  await evaluateStage(context, quiet)
  const result = await optimizeStage(context, quiet, how)
  return { ...result, ...optimizeRecordsSchema.parse(result.records) }
}

/** What a model gives for the inputs of a reference, as it is stored. */
async function answersOf(path: string, { inputs }: ReferenceOutputs): Promise<string[]> {
  const session = await loadOnnx(path)
  try {
    const tensors = inputs.map(({ name, shape, base64 }) => {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
      return [name, { dtype: 'float32', shape, data: new Float32Array(bytes.buffer) }] as const
    })
    const outputs = await session.run(Object.fromEntries(tensors))
    return Object.values(outputs).map(({ data }) => {
      const { buffer, byteOffset, byteLength } = data as Float32Array
      return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
    })
  } finally {
    await session.close()
  }
}

test('what passed and is named is kept, with its bytes, and what its replicas must reproduce', async () => {
  const context = aContext('{ try: [fp16-weights, int8-blocks] }', 'fp16-weights')
  const found = await optimized(context, { ...QUICK, measure: { ...QUICK.measure, processes: 1 } })
  expect(found.verdict).toBe('passed')
  const kept = found.variants.find(({ name }) => name === 'fp16-weights')!
  const path = join(workspace, VARIANTS_FOLDER, 'fp16-weights', 'model.onnx')
  expect(kept.files).toEqual([{ name: 'model.onnx', digest: await digestOfFile(path), size: kept.size }])
  expect(kept.digest).toBe(await digestOfFile(path))
  expect(kept.size).toBeLessThan((await readFile(join(workspace, 'model.onnx'))).length * 0.6)
  expect(await answersOf(path, kept.reference!)).toEqual(kept.reference!.outputs.map(({ base64 }) => base64))
  expect(await answersOf(join(workspace, 'model.onnx'), kept.reference!)).not.toEqual(
    kept.reference!.outputs.map(({ base64 }) => base64),
  )

  const [tried] = found.optimization.tried
  expect(tried).toMatchObject({
    name: 'fp16-weights',
    change: 'weights stored as float16',
    outcome: 'passed',
    judged: {
      metrics: { accuracy: expect.any(Number) },
      gates: [{ verdict: 'passed' }, { verdict: 'passed' }],
    },
  })
  const [low, high] = tried!.judged!.intervals['accuracy']!
  expect(low).toBeLessThan(tried!.judged!.metrics['accuracy']!)
  expect(high).toBeGreaterThanOrEqual(tried!.judged!.metrics['accuracy']!)
  expect(tried!.measured!.variant.bytes).toBe(kept.size)
  // The digits have 425 kB of weights, which the runtime holds as it computes with them.
  for (const { memory } of [tried!.measured!.original, tried!.measured!.variant]) {
    expect(memory!.steady).toBeGreaterThan(300_000)
    expect(memory!.steady).toBeLessThan(50e6)
    expect(memory!.peak).toBeGreaterThan(300_000)
  }
  expect(found.optimization.machine.architecture).toBe(process.arch)
  // Whether one is faster here is the machine's word; nothing but the chosen and the named stays.
  const { chosen } = found.optimization
  const names = new Set(['fp16-weights', ...(chosen === null ? [] : [chosen])])
  expect(new Set(await readdir(join(workspace, VARIANTS_FOLDER)))).toEqual(names)
  expect(new Set(found.variants.map(({ name }) => name))).toEqual(names)
})

test('where none passes the original ships, with the reason of each, and nothing is kept', async () => {
  const gate = 'size <= 10 kB'
  const found = await optimized(aContext('{ try: [fp16-weights, int4] }', 'int4', [gate]))
  expect(found.verdict).toBe('passed')
  expect(found.summary[0]).toMatch(/^The original ships/)
  expect(found.summary.filter(line => line.startsWith('fp16-weights: size'))).toHaveLength(1)
  expect(found.summary.filter(line => line.startsWith('int4: size'))).toHaveLength(1)
  expect(found.variants).toEqual([])
  expect(found.optimization).toMatchObject({
    chosen: null,
    tried: [{ outcome: 'failed' }, { outcome: 'failed' }],
  })
  expect(await readdir(join(workspace, VARIANTS_FOLDER))).toEqual([])
})

test('a variant may lose to what serves now no more than its original may', async () => {
  const context = aContext('{ try: [fp16-weights] }', 'fp16-weights')
  await evaluateStage(context, quiet)
  const handed = join(workspace, '.ballast/evaluation')
  // What serves has every answer right: the candidate itself could not pass beside it.
  const candidate = JSON.parse(await readFile(join(handed, 'candidate.json'), 'utf8'))
  const perfect = {
    evaluation: {
      ...candidate.evaluation,
      modelDigest: `sha256:${'0'.repeat(64)}`,
      metrics: { accuracy: 1 },
    },
    rows: { ...candidate.rows, predicted: candidate.rows.truth },
  }
  await writeFile(join(handed, 'production.json'), JSON.stringify(perfect))
  const { records } = await optimizeStage(context, quiet, QUICK)
  const { optimization } = optimizeRecordsSchema.parse(records)
  expect(optimization.tried[0]!.judged!.gates.map(({ text }) => text)).toEqual([
    'accuracy >= 0.9',
    'accuracy non_inferior 0.1 versus production',
    'accuracy non_inferior 0.1 versus production, with what serves now',
  ])
})

test('another model than the one that was evaluated is refused', async () => {
  const context = aContext('{ try: [fp16] }', 'auto')
  await evaluateStage(context, quiet)
  await cp(join(DIGITS, 'candidates/worse.onnx'), join(workspace, 'model.onnx'))
  await expect(optimizeStage(context, quiet)).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
})
