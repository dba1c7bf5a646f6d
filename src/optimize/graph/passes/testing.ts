import { bytesOf as modelBytes, relativeError, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { Tensor } from '../../../core/index.ts'
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { encodeElements } from '../../../formats/index.ts'
import type { Computer } from './computer.ts'
import { type Simplified, simplify } from './simplify.ts'

/** Graphs of constants by the runtime in this very process. */
export const here: Computer = {
  async compute(model) {
    try {
      const results = await runOnnx(model, {}, { graphOptimizationLevel: 'disabled' })
      return new Map(
        Object.entries(results).map(([name, tensor]) => [name, { ...tensor, name, data: raw(tensor) }]),
      )
    } catch {
      return undefined
    }
  },
}

const raw = ({ data }: Tensor): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    : new Uint8Array()

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: string | readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode => ({ op, inputs, outputs: typeof outputs === 'string' ? [outputs] : outputs, attributes })

export const constant = (
  name: string,
  shape: readonly number[],
  elements: readonly number[],
  dtype: 'float32' | 'int64' | 'bool' = 'float32',
): OnnxTensor => ({ name, dtype, shape, data: encodeElements(dtype, elements) })

export interface Small {
  readonly nodes: readonly OnnxNode[]
  readonly constants?: readonly OnnxTensor[]
  /** Of x, the only input. */
  readonly shape: readonly (number | string)[]
  readonly opset?: number
  readonly outputs?: readonly string[]
}

/** A model of x, which gives y. */
export function aModel({ nodes, constants = [], shape, opset = 17, outputs = ['y'] }: Small): OnnxModel {
  return {
    irVersion: 8,
    opsets: [{ domain: '', version: opset }],
    graph: {
      name: 'g',
      nodes,
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: outputs.map(name => ({ name, dtype: 'float32' })),
      initializers: constants,
    },
  }
}

/** Simplifies a model, runs both, and gives what differs most; and the operators that are left. */
export async function compared(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Simplified & { readonly error: number; readonly ops: readonly string[] }> {
  const simplified = await simplify(model, { computer: here })
  const error = await errorOf(model, simplified.model, feeds)
  return { ...simplified, error, ops: opsOf(simplified.model.graph) }
}

export async function errorOf(
  before: OnnxModel,
  after: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<number> {
  const options = { graphOptimizationLevel: 'disabled' } as const
  const expected = await runOnnx(await modelBytes(before), feeds, options)
  const actual = await runOnnx(await modelBytes(after), feeds, options)
  if (Object.keys(actual).join() !== Object.keys(expected).join()) return Number.POSITIVE_INFINITY
  return Math.max(0, ...Object.entries(expected).map(([name, tensor]) => differenceOf(actual[name]!, tensor)))
}

/** Absolute below 1, else relative. */
function differenceOf(actual: Tensor, expected: Tensor): number {
  if (actual.dtype !== expected.dtype) return Number.POSITIVE_INFINITY
  if (expected.dtype === 'string')
    return JSON.stringify([actual.shape, [...actual.data]]) ===
      JSON.stringify([expected.shape, [...expected.data]])
      ? 0
      : Number.POSITIVE_INFINITY
  return relativeError(actual, expected, 1)
}

/** Of bodies too, behind the node that has them. */
export function opsOf({ nodes }: OnnxGraph): readonly string[] {
  return nodes.flatMap(({ op, attributes = {} }) => [
    op,
    ...Object.values(attributes).flatMap(value => ('graph' in value ? opsOf(value.graph) : [])),
  ])
}
