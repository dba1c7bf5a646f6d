import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import type { ModelInput } from '../ports.ts'
import { memoryTree } from '../tree/memory.ts'
import { openLightgbm, openXgboost } from './index.ts'

const FIXTURES = new URL('../../../test/fixtures/boosting/', import.meta.url).pathname
/** Over WHOLE_BYTES. */
const BYTES = 17 * 2 ** 20

interface Counted {
  readonly input: ModelInput
  readonly read: () => number
}

function counted(text: string): Counted {
  const source = sourceOf(new TextEncoder().encode(text), 'model')
  let read = 0
  const counting: ByteSource = {
    ...source,
    read(offset, length) {
      read += length
      return source.read(offset, length)
    },
  }
  const tree = memoryTree(new Map())
  const input = { source: counting, path: 'model', storedSize: source.size, wrapper: [], tree }
  return { input, read: () => read }
}

/** A model of XGBoost's own with its trees over and over. */
function largeXgboost(name: string): { text: string; trees: number } {
  const document = JSON.parse(readFileSync(`${FIXTURES}${name}.json`, 'utf8'))
  const booster = document.learner.gradient_booster
  const model = (booster.gbtree ?? booster).model
  const once = model.trees.map((tree: object) => JSON.stringify(tree)).join()
  const times = Math.ceil(BYTES / once.length)
  const trees = model.trees.length * times
  model.gbtree_model_param.num_trees = `${trees}`
  model.trees = ['TREES']
  return { text: JSON.stringify(document).replace('"TREES"', Array(times).fill(once).join()), trees }
}

test.each(['binary', 'dart'])(
  '%s: of a large XGBoost JSON only what is around the trees is read',
  async name => {
    const { text, trees } = largeXgboost(name)
    const { input, read } = counted(text)
    const model = await openXgboost(input)
    expect(read()).toBeLessThan(0.04 * BYTES)
    expect(model.file.graph?.operators).toEqual([{ name: 'Tree', count: trees }])
    expect(model.file.notes?.join()).toContain(`${trees} trees`)
    expect(model.file.tensors.some(tensor => tensor.name.startsWith('trees['))).toBe(false)
  },
)

test('what was left out of a large XGBoost JSON is told when it is asked for', async () => {
  const { text, trees } = largeXgboost('binary')
  const model = await openXgboost(counted(text).input)
  const whole = await model.whole!()
  expect(whole.tensors.filter(tensor => tensor.name.endsWith('.split_conditions'))).toHaveLength(trees)
  const last = `trees[${trees - 1}].split_conditions`
  let bytes = 0
  for await (const piece of model.readTensor(last)) bytes += piece.byteLength
  expect(bytes).toBe(whole.tensors.find(tensor => tensor.name === last)!.bytes)
})

function largeLightgbm(): { text: string; trees: number } {
  const text = readFileSync(`${FIXTURES}lightgbm.txt`, 'utf8')
  const first = text.indexOf('Tree=0')
  const end = text.indexOf('end of trees')
  const once = text
    .slice(first, end)
    .split(/^Tree=\d+\n/m)
    .slice(1)
  const trees: string[] = []
  for (let bytes = 0; bytes < BYTES; bytes += trees.at(-1)!.length)
    trees.push(`Tree=${trees.length}\n${once[trees.length % once.length]!}`)
  const sizes = `tree_sizes=${trees.map(tree => tree.length).join(' ')}`
  const head = text.slice(0, first).replace(/^tree_sizes=.*$/m, sizes)
  return { text: head + trees.join('') + text.slice(end), trees: trees.length }
}

test('of a large LightGBM text only what is around the trees is read', async () => {
  const { text, trees } = largeLightgbm()
  const { input, read } = counted(text)
  const model = await openLightgbm(input)
  expect(read()).toBeLessThan(0.04 * BYTES)
  expect(model.file.graph?.operators).toEqual([{ name: 'Tree', count: trees }])
  expect(model.file.tensors).toEqual([])
  expect(model.file.metadata.map(({ key }) => key)).toContain('parameters.boosting')
  const whole = await model.whole!()
  expect(whole.tensors.filter(tensor => tensor.name.endsWith('.leaf_value'))).toHaveLength(trees)
})

test('a LightGBM text whose tree_sizes lead elsewhere is read from its start', async () => {
  const { text, trees } = largeLightgbm()
  const { input } = counted(text.replace('tree_sizes=', 'tree_sizes=1'))
  const model = await openLightgbm(input)
  expect(model.whole).toBeUndefined()
  expect(model.file.tensors.filter(tensor => tensor.name.endsWith('.leaf_value'))).toHaveLength(trees)
})
