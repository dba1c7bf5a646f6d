import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { sourceOf, type Tensor } from '../../core/index.ts'
import { type Npz, type OnnxTensor, openNpz } from '../../formats/index.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Emitter, Value } from '../graph/types.ts'
import {
  type Activation,
  type Cell,
  type CellKind,
  compact,
  type GateMatrix,
  readMask,
  runCell,
  spread,
} from './index.ts'

const FILE = new URL('../../../test/fixtures/convert/keras-sequence/recurrent.npz', import.meta.url)
let npz: Npz
beforeAll(async () => {
  npz = await openNpz(sourceOf(await readFile(FILE), 'recurrent.npz'))
})

const activation = (op: string): Activation => ({
  native: { name: op },
  apply: (b, x) => b.op(op, [x]),
})
/** The same function, but ONNX's recurrent operators are not told. */
const unnamed = ({ apply }: Activation): Activation => ({ apply })

const CASES = [
  { name: 'LSTM', kind: 'LSTM', gates: 'ifco', backwards: false, resetAfter: false },
  { name: 'GRU', kind: 'GRU', gates: 'zrh', backwards: true, resetAfter: true },
  { name: 'GRU-before', kind: 'GRU', gates: 'zrh', backwards: false, resetAfter: false },
  { name: 'RNN', kind: 'RNN', gates: 'h', backwards: false, resetAfter: false },
] as const
type Case = (typeof CASES)[number]

const WAYS = [
  { way: 'operator', layout: 'columns' },
  { way: 'operator', layout: 'rows' },
  { way: 'scan', layout: 'columns' },
  { way: 'scan', layout: 'rows' },
] as const

test.each(CASES.flatMap(one => WAYS.map(way => ({ ...one, ...way }))))(
  '$name by $way, weights in $layout: steps that do not count are left out',
  async ({ way, layout, ...one }) => {
    const read = (key: string) => tensorOf(`bare/${one.name}/${key}`)
    const cell = await aCell(one, layout, way === 'scan')
    const g = new GraphBuilder()
    const b = g.at({ name: 'layer', kind: one.kind })
    const mask = g.input('mask', { dtype: 'bool', shape: ['N', 'T'] })
    const x = g.input('x', { dtype: 'float32', shape: ['N', 'T', 3] })
    const initial = (one.kind === 'LSTM' ? [0, 1] : [0]).map(i =>
      g.input(`initial${i}`, { dtype: 'float32', shape: ['N', cell.units] }),
    )
    const masked = readMask(b, mask)
    const { sequence, states } = await runCell(b, cell, {
      x: swap(b, compact(b, masked, x)),
      lengths: masked.lengths,
      initial,
      backwards: one.backwards,
    })
    const whole = spread(b, masked, swap(b, sequence), { backwards: one.backwards, skipped: 'previous' })
    g.output('out0', one.backwards ? flip(b, whole) : whole)
    for (const [i, state] of states.entries()) g.output(`out${i + 1}`, state)
    const feeds = Object.fromEntries(
      await Promise.all(
        ['x', 'mask', ...initial.map((_, i) => `initial${i}`)].map(
          async key => [key, await read(key)] as const,
        ),
      ),
    )
    const found = await runOnnx(g.build({ name: 'test' }).model, feeds)
    for (const [key, value] of Object.entries(found))
      expect(relativeError(value, await read(key)), key).toBeLessThan(1e-5)
  },
)

async function tensorOf(name: string): Promise<Tensor> {
  return (await npz.array(name)).read()
}

async function aCell(one: Case, layout: GateMatrix['layout'], scan: boolean): Promise<Cell> {
  const named = (op: string) => (scan ? unnamed(activation(op)) : activation(op))
  const kernel = await tensorOf(`bare/${one.name}/kernel`)
  const units = kernel.shape[1]! / one.gates.length
  const bias = await tensorOf(`bare/${one.name}/bias`)
  const half = one.resetAfter ? bias.data.length / 2 : bias.data.length
  const vector = (from: number) => ({
    gates: one.gates,
    tensor: weightOf((bias.data as Float32Array).slice(from, from + half)),
  })
  return {
    kind: one.kind satisfies CellKind,
    dtype: 'float32',
    features: 3,
    units,
    kernel: matrixOf(kernel, one.gates, layout),
    recurrentKernel: matrixOf(await tensorOf(`bare/${one.name}/recurrent`), one.gates, layout),
    bias: vector(0),
    ...(one.resetAfter && { recurrentBias: vector(half) }),
    activation: named('Tanh'),
    ...(one.kind !== 'RNN' && { gateActivation: named('Sigmoid') }),
    resetAfter: one.resetAfter,
  }
}

function matrixOf({ shape, data }: Tensor, gates: string, layout: GateMatrix['layout']): GateMatrix {
  const [rows = 0, columns = 0] = shape
  const values = data as Float32Array
  if (layout === 'columns') return { layout, gates, tensor: weightOf(values) }
  const turned = Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!)
  return { layout, gates, tensor: weightOf(turned) }
}

function weightOf(values: Float32Array): OnnxTensor {
  return { name: 'weight', dtype: 'float32', shape: [values.length], data: streamOf(values) }
}

/** In pieces, the second of them in the memory of the first, as readers may give it. */
function streamOf(values: Float32Array): () => AsyncIterable<Uint8Array> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return async function* pieces() {
    const buffer = new Uint8Array(16)
    for (let at = 0; at < bytes.length; at += 16) {
      const piece = bytes.subarray(at, at + 16)
      buffer.set(piece)
      yield buffer.subarray(0, piece.length)
    }
  }
}

function swap(b: Emitter, x: Value): Value {
  return b.op('Transpose', [x], { attributes: { perm: { ints: [1, 0, 2] } } })
}

function flip(b: Emitter, x: Value): Value {
  return b.op('Slice', [x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([1]), b.ints([-1])])
}
