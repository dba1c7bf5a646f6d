import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../../../formats/index.ts'

/** What an adapter may add to the graph. */
export interface Additions {
  /** The name of a new constant. */
  constant(tensor: Omit<OnnxTensor, 'name'>): string
  /** The name of a new value. */
  value(): string
}

/** Nodes under the new opset in place of one, in order; undefined where no nodes express its old meaning. */
export type Adapter = (node: OnnxNode, additions: Additions) => readonly OnnxNode[] | undefined

/** What changed up to an opset. */
export interface Rung {
  readonly opset: number
  readonly adapters: Readonly<Record<string, Adapter>>
}

/** The node with other attributes and inputs; trailing inputs that are not given are left out. */
export function adapted(
  { attributes: _, ...node }: OnnxNode,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  inputs: readonly string[],
): OnnxNode {
  const end = inputs.findLastIndex(name => name !== '') + 1
  return { ...node, inputs: inputs.slice(0, end), ...(Object.keys(attributes).length > 0 && { attributes }) }
}

/** A number as a float32 constant without axes. */
export function scalar(value: number): Omit<OnnxTensor, 'name'> {
  return { dtype: 'float32', shape: [], data: new Uint8Array(Float32Array.of(value).buffer) }
}

/** A list of whole numbers as an int64 constant of one axis. */
export function integers(list: readonly (number | bigint)[]): Omit<OnnxTensor, 'name'> {
  return {
    dtype: 'int64',
    shape: [list.length],
    data: new Uint8Array(BigInt64Array.from(list, BigInt).buffer),
  }
}

/** A list of numbers as a float32 constant of one axis. */
export function floats(list: readonly number[]): Omit<OnnxTensor, 'name'> {
  return { dtype: 'float32', shape: [list.length], data: new Uint8Array(Float32Array.from(list).buffer) }
}

export function intsOf(value: OnnxAttribute | undefined): readonly (number | bigint)[] {
  return value && 'ints' in value ? value.ints : []
}
