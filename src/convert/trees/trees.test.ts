import { describe, expect, test } from 'vitest'
import { generator } from '../../../test/fixtures/onnx-builder.ts'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { writeOnnx } from '../../formats/index.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { type EmitOptions, emitEnsemble } from './emit.ts'
import { Ensemble, type EnsembleOptions } from './ensemble.ts'
import type { Cuts, Tree } from './types.ts'

function anEnsemble(options: Partial<EnsembleOptions> = {}): Ensemble {
  return new Ensemble({
    name: 'trees',
    features: 2,
    targets: 1,
    comparison: 'BRANCH_LEQ',
    dtype: 'float32',
    ...options,
  })
}

function modelOf(ensemble: Ensemble, options?: EmitOptions) {
  const graph = new GraphBuilder()
  const { dtype, features } = ensemble.options
  const x = graph.input('x', { dtype, shape: ['N', features] })
  graph.output('y', emitEnsemble(graph.at({ name: 'trees', kind: 'Trees' }), x, ensemble, options))
  return graph.build({ name: 'trees' }).model
}

async function answers(ensemble: Ensemble, rows: readonly (readonly number[])[], options?: EmitOptions) {
  const { dtype, features } = ensemble.options
  const x = floats([rows.length, features], rows.flat())
  const data = dtype === 'float32' ? x.data : Float64Array.from(rows.flat())
  const { y } = await runOnnx(modelOf(ensemble, options), { x: { ...x, dtype, data } })
  return Array.from(y!.data as Float32Array)
}

/** x[0] ≤ 1 ? 10 : x[1] ≤ 2 ? 20 : 30. */
const SMALL: Tree = {
  left: [1, -1, 3, -1, -1],
  right: [2, -1, 4, -1, -1],
  feature: [0, 0, 1, 0, 0],
  threshold: [1, 0, 2, 0, 0],
}
const leaves =
  (weights: readonly number[]) => (node: number, put: (target: number, weight: number) => void) =>
    put(0, weights[node]!)

describe.each(['float32', 'float64'] as const)('of %s', dtype => {
  test('trees are added up, and begin with a base', async () => {
    const ensemble = anEnsemble({ dtype })
    ensemble.add(SMALL, leaves([0, 10, 0, 20, 30]))
    ensemble.add({ left: [-1], right: [-1], feature: [0], threshold: [0] }, leaves([100]))
    const rows = [
      [1, 0],
      [1.1, 2],
      [2, 2.1],
      [Number.NaN, 0],
    ]
    expect(await answers(ensemble, rows, { base: [1000] })).toEqual([1110, 1120, 1130, 1120])
    expect(await answers(ensemble, rows.slice(0, 1), { aggregate: 'AVERAGE' })).toEqual([55])
  })

  test('NaN goes where it is told to', async () => {
    const ensemble = anEnsemble({ dtype })
    ensemble.add({ ...SMALL, missingLeft: [0, 0, 1, 0, 0] }, leaves([0, 10, 0, 20, 30]))
    expect(
      await answers(ensemble, [
        [Number.NaN, Number.NaN],
        [Number.NaN, 3],
      ]),
    ).toEqual([20, 30])
  })

  test('leaves that add to several targets, and to none', async () => {
    const ensemble = anEnsemble({ dtype, targets: 3 })
    ensemble.add(SMALL, (node, put) => {
      if (node === 1) for (const target of [0, 1, 2]) put(target, target + 1)
      if (node === 3) put(1, 7)
    })
    expect(
      await answers(ensemble, [
        [0, 0],
        [2, 0],
        [2, 3],
      ]),
    ).toEqual([1, 2, 3, 0, 7, 0, 0, 0, 0])
  })

  test('without trees there is the base', async () => {
    expect(await answers(anEnsemble({ dtype }), [[0, 0]], { base: [1] })).toEqual([1])
    expect(await answers(anEnsemble({ dtype, targets: 2 }), [[0, 0]], { base: [1, 2] })).toEqual([1, 2])
    expect(await answers(anEnsemble({ dtype, targets: 2 }), [[0, 0]])).toEqual([0, 0])
  })
})

describe.each(['BRANCH_LEQ', 'BRANCH_LT'] as const)('splits by several thresholds, %s', comparison => {
  const naive = ({ first, bounds }: Cuts, x: number): string => {
    const range = bounds.findIndex(bound => (comparison === 'BRANCH_LT' ? x < bound : x <= bound))
    const turns = range < 0 ? bounds.length : range
    return (turns % 2 === 0) === (first === 'left') ? 'left' : 'right'
  }

  test.each([1, 2, 3, 4, 7])('%d of them, above and below subtrees', async count => {
    const random = generator(count)
    for (const first of ['left', 'right'] as const)
      for (const missing of [0, 1]) {
        const bounds = Array.from({ length: count }, () => Math.round(random() * 40) / 2).toSorted(
          (a, b) => a - b,
        )
        const cuts = new Map([[2, { first, bounds: [...new Set(bounds)] }]])
        const ensemble = anEnsemble({ comparison })
        ensemble.add(
          {
            left: [1, -1, 3, 5, 7, -1, -1, -1, -1],
            right: [2, -1, 4, 6, 8, -1, -1, -1, -1],
            feature: [0, 0, 1, 0, 0, 0, 0, 0, 0],
            threshold: [1, 0, 0, 2, 2, 0, 0, 0, 0],
            missingLeft: [0, 0, missing, 0, 0],
            cuts,
          },
          leaves([0, 10, 0, 0, 0, 21, 22, 31, 32]),
        )
        const values = [...Array.from({ length: 44 }, (_, i) => i / 2 - 0.75), ...bounds, Number.NaN]
        const rows = values.flatMap(x => [
          [1.5, x],
          [3, x],
        ])
        const expected = values.flatMap(x => {
          const left = Number.isNaN(x) ? missing === 1 : naive(cuts.get(2)!, x) === 'left'
          return left ? [21, 22] : [31, 32]
        })
        expect(await answers(ensemble, rows)).toEqual(expected)
      }
  })
})

describe('trees that contradict themselves are refused', () => {
  test.each<[string, Partial<Tree>, RegExp]>([
    ['a child that is not there', { right: [9, -1, 4, -1, -1] }, /tree 0 leads to node 9 of 5/],
    ['a circle', { right: [0, -1, 4, -1, -1] }, /several ways/],
    ['a child that is no number', { left: [Number.NaN, -1, 3, -1, -1] }, /leads to node NaN/],
    ['a feature that is not there', { feature: [2, 0, 0, 0, 0] }, /asks for feature 2 of 2/],
    ['a feature below zero', { feature: [-2, 0, 0, 0, 0] }, /asks for feature -2/],
    ['a threshold that is no number', { threshold: [Number.NaN, 0, 0, 0, 0] }, /threshold/],
    ['a split without bounds', { cuts: new Map([[0, { first: 'left', bounds: [] }]]) }, /does not split/],
  ])('%s', (_, wrong, message) => {
    const add = () => anEnsemble().add({ ...SMALL, ...wrong }, leaves([0, 1, 2, 3, 4]))
    expect(add).toThrow(
      expect.objectContaining({ code: 'CONVERT_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('a target that is not there', () => {
    expect(() => anEnsemble().add(SMALL, (_, put) => put(1, 0))).toThrow(/adds to target 1 of 1/)
  })
})

test('many nodes are laid out while they are written', async () => {
  const depth = 13
  const size = 2 ** (depth + 1) - 1
  const inner = 2 ** depth - 1
  const tree: Tree = {
    left: Int32Array.from({ length: size }, (_, i) => (i < inner ? 2 * i + 1 : -1)),
    right: Int32Array.from({ length: size }, (_, i) => (i < inner ? 2 * i + 2 : -1)),
    feature: new Int32Array(size),
    threshold: Float32Array.from({ length: size }, (_, i) => i),
  }
  const ensemble = anEnsemble()
  for (let i = 0; i < 8; i++) ensemble.add(tree, (node, put) => put(0, node))
  const sizes: number[] = []
  await writeOnnx(modelOf(ensemble), { write: async bytes => void sizes.push(bytes.byteLength) })
  expect(sizes.reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(8 * size * 20)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024)
})
