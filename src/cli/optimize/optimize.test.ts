import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOfFile, openFile } from '../../core/index.ts'
import { inspectOnnx, openModel } from '../../formats/index.ts'
import type { Change } from '../../optimize/index.ts'
import { describeOptimized } from './describe.ts'
import { type OptimizeRequest, optimizeModel } from './optimize.ts'

const FIXTURES = new URL('../../../test/fixtures/optimize/', import.meta.url).pathname
const CHANGES: readonly (readonly [Change, largest: number])[] = [
  [{ kind: 'int8', dtype: 'int8', perChannel: true, reduced: false }, 0.05],
  [{ kind: 'blocks', bits: 4, size: 16, asymmetric: true, accuracyLevel: 1 }, 0.3],
  [{ kind: 'blocks', bits: 8, size: 32, asymmetric: false, accuracyLevel: 1 }, 0.02],
  [{ kind: 'fp16' }, 0.005],
  [{ kind: 'storage', dtype: 'float16' }, 0.002],
  [{ kind: 'storage', dtype: 'bfloat16' }, 0.01],
]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'optimize-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function optimize(name: string, change: Change, more: Partial<OptimizeRequest> = {}) {
  const path = join(FIXTURES, name)
  const model = await openModel(path)
  try {
    const out = join(folder, 'variant.onnx')
    const measure = { shapes: new Map(), threads: 1, budget: 100, processes: 0 }
    return await optimizeModel(model, { path, out, change, keep: new Set(), measure, ...more })
  } finally {
    await model.close()
  }
}

test.each(CHANGES)(
  '%o: the variant is smaller, runs, and answers nearly as the original',
  async (change, most) => {
    const { files, comparison, changed } = await optimize('dense.onnx', change)
    expect(changed.length).toBeGreaterThan(2)
    expect(files).toEqual([
      expect.objectContaining({ digest: await digestOfFile(join(folder, 'variant.onnx')) }),
    ])
    const { original, variant, drift } = comparison!
    expect(variant.bytes).toBeLessThan(original.bytes * 0.75)
    expect(drift.map(({ output }) => output)).toEqual(['y'])
    // Rounding moves answers, and little.
    expect(drift[0]!.relative).toBeGreaterThan(0)
    expect(drift[0]!.relative).toBeLessThan(most)
  },
)

test.each([
  ['recurrent.onnx', 3],
  ['transformer.onnx', 4],
] as const)(
  '%s as int8: the runtime runs its own operators, to nearly the same answers',
  async (name, count) => {
    const change: Change = { kind: 'int8', dtype: 'int8', perChannel: true, reduced: false }
    const { changed, comparison } = await optimize(name, change)
    expect(changed).toHaveLength(count)
    expect(comparison!.drift[0]!.relative).toBeGreaterThan(0)
    // Gates of noise amplify what is rounded: single answers move far, and rarely.
    expect(comparison!.drift[0]!.sameBest).toBeGreaterThan(0.95)
  },
)

test('the same change gives the same bytes, and says in the file what it was', async () => {
  const change: Change = { kind: 'int8', dtype: 'int8', perChannel: false, reduced: true }
  const first = await optimize('convolution.onnx', change)
  const second = await optimize('convolution.onnx', change, { out: join(folder, 'again.onnx') })
  expect(second.files[0]!.digest).toBe(first.files[0]!.digest)
  const source = await openFile(join(folder, 'again.onnx'))
  const { metadata } = await inspectOnnx(source)
  await source.close()
  expect(metadata).toContainEqual({ key: 'ballast.change', value: 'dynamic int8, reduced range' })
})

test('what is kept is told with its reason', async () => {
  const change: Change = { kind: 'int8', dtype: 'int8', perChannel: true, reduced: false }
  const keep = new Set(['third'])
  const optimized = await optimize('dense.onnx', change, { keep })
  expect(optimized.kept).toEqual([
    { node: 'third', op: 'MatMul', why: 'it was asked to stay' },
    { node: 'scaled', op: 'Gemm', why: 'it has an alpha or a beta' },
  ])
  expect(describeOptimized(optimized)).toContain('kept Gemm scaled: it has an alpha or a beta')
})

test('what is no ONNX is refused, and nothing is left in the folder', async () => {
  const path = join(folder, 'data.csv')
  await writeFile(path, 'a,b\n1,2\n')
  const model = await openModel(path)
  const request = {
    path,
    out: join(folder, 'variant.onnx'),
    change: { kind: 'fp16' },
    keep: new Set<string>(),
  } as const
  await expect(optimizeModel(model, request)).rejects.toMatchObject({ code: 'OPTIMIZE_FORMAT' })
  await model.close()
  expect(await readdir(folder)).toEqual(['data.csv'])
})
