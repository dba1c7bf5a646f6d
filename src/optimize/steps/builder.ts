import type { OnnxAttribute, OnnxDtype, OnnxGraph, OnnxNode, OnnxTensor } from '../../formats/index.ts'
import { freshNames } from '../graph/weights.ts'

type Attributes = Readonly<Record<string, number | string | readonly number[]>>

/** Nodes and constants that are added to a graph, under names that nothing else has. */
export class StepBuilder {
  readonly nodes: OnnxNode[] = []
  readonly constants: OnnxTensor[] = []
  readonly #fresh: (wanted: string) => string
  readonly #known = new Map<string, string>()

  constructor(graph: OnnxGraph) {
    this.#fresh = freshNames(graph)
  }

  /** A name that nothing has. */
  fresh(wanted: string): string {
    return this.#fresh(wanted)
  }

  /** The first output of a new node. */
  op(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(op, inputs, 1, attributes)[0]!
  }

  /** All outputs of a new node. */
  ops(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Attributes = {},
  ): readonly string[] {
    const names = Array.from({ length: outputs }, () => this.#fresh(`steps/${op.toLowerCase()}`))
    this.node({ op, inputs, outputs: names, attributes: attributesOf(attributes) })
    return names
  }

  node(node: OnnxNode): void {
    this.nodes.push(node)
  }

  /** A node whose output has the given name. */
  named(name: string, op: string, inputs: readonly string[], attributes: Attributes = {}): void {
    this.node({ op, inputs, outputs: [name], attributes: attributesOf(attributes) })
  }

  int64(numbers: readonly number[], shape: readonly number[] = [numbers.length]): string {
    return this.#constant('int64', shape, BigInt64Array.from(numbers, BigInt).buffer)
  }

  int32(numbers: readonly number[], shape: readonly number[] = [numbers.length]): string {
    return this.#constant('int32', shape, Int32Array.from(numbers).buffer)
  }

  uint8(numbers: readonly number[], shape: readonly number[] = [numbers.length]): string {
    return this.#constant('uint8', shape, Uint8Array.from(numbers).buffer)
  }

  float32(numbers: readonly number[], shape: readonly number[] = [numbers.length]): string {
    return this.#constant('float32', shape, Float32Array.from(numbers).buffer)
  }

  float64(numbers: readonly number[], shape: readonly number[] = [numbers.length]): string {
    return this.#constant('float64', shape, Float64Array.from(numbers).buffer)
  }

  texts(texts: readonly string[]): string {
    const name = this.#fresh('steps/labels')
    this.constants.push({ name, dtype: 'string', shape: [texts.length], data: texts })
    return name
  }

  cast(value: string, to: CastTo): string {
    return this.op('Cast', [value], { to: CAST_TO[to] })
  }

  #constant(dtype: OnnxDtype, shape: readonly number[], buffer: ArrayBuffer): string {
    const data = new Uint8Array(buffer)
    const key = `${dtype} ${shape.join()} ${Buffer.from(data).toString('base64')}`
    const known = this.#known.get(key)
    if (known) return known
    const name = this.#fresh('steps/constant')
    this.constants.push({ name, dtype, shape, data })
    this.#known.set(key, name)
    return name
  }
}

/** TensorProto.DataType. */
const CAST_TO = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const
export type CastTo = keyof typeof CAST_TO

export function canCastTo(dtype: string): dtype is CastTo {
  return Object.hasOwn(CAST_TO, dtype)
}

/** Whole numbers are integers here: floats are constants. */
function attributesOf(attributes: Attributes): Record<string, OnnxAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? { text: value }
        : typeof value === 'number'
          ? Number.isInteger(value)
            ? { int: value }
            : { float: value }
          : { ints: value },
    ]),
  )
}
