import { elementCount } from '../../core/index.ts'
import {
  encodeElements,
  FormatsError,
  type InferredType,
  inferTypes,
  MAX_KNOWN,
  type OnnxDtype,
  type OnnxEntries,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  rounded,
} from '../../formats/index.ts'
import { ConvertError, failing } from '../errors.ts'
import { mergeTypes } from './merge.ts'
import type { Domain, Element, Emitter, OpOptions, Source, Value, ValueType } from './types.ts'

/** Unrolled graphs have some 10,000; a model that gives more would take a runtime minutes to load. */
export const MAX_NODES = 1_000_000

const tooLarge = failing('CONVERT_LIMIT', 'Save the model without unrolling its loops.')

/** The key of a node's metadata under which its source stands. */
export const SOURCE_KEY = 'ballast.source'

/** What all graphs of one model share. */
export interface Shared {
  readonly names: Set<string>
  /** The number that a name was last told apart by. */
  readonly counts: Map<string, number>
  readonly constants: Map<string, Value>
  readonly weights: Map<OnnxTensor['data'], Value>
  readonly initializers: OnnxTensor[]
  readonly domains: Set<Domain>
  /** Of all values, by their names. */
  readonly types: Map<string, ValueType>
  readonly mapping: Map<string, { readonly source: Source; readonly nodes: string[] }>
  nodes: number
}

/** The nodes of one graph. */
export interface Block {
  readonly shared: Shared
  readonly nodes: OnnxNode[]
}

/** Adds nodes to one graph for one source. */
export class BlockEmitter implements Emitter {
  readonly source: Source
  readonly #block: Block
  readonly #metadata: OnnxEntries
  /** Names of its source's nodes. */
  #own: string[] | undefined

  constructor(block: Block, source: Source) {
    this.#block = block
    this.source = source
    this.#metadata = [{ key: SOURCE_KEY, value: `${source.name} (${source.kind})` }]
  }

  at(source: Source): Emitter {
    return new BlockEmitter(this.#block, source)
  }

  op(op: string, inputs: readonly (Value | undefined)[], options: OpOptions = {}): Value {
    return this.ops(op, inputs, 1, options)[0]!
  }

  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: number,
    options: OpOptions = {},
  ): readonly Value[] {
    const { domain = '', attributes = {} } = options
    const inferred = this.#naming(() => inferTypes({ op, domain, inputs, attributes, outputs }))
    const types = options.types?.map((told, i) => mergeTypes(told, inferred?.[i])) ?? inferred
    if (types?.length !== outputs)
      throw new TypeError(
        `${op} of ${this.source.name}: ${outputs} outputs, and ${types?.length ?? 'no'} types`,
      )
    const constants = types.flatMap(({ known, ...type }) =>
      known && isWhole(known) ? [() => this.#constantOf(type, known)] : [],
    )
    if (constants.length === outputs) return constants.map(make => make())
    return this.#node(op, inputs, types, options)
  }

  /** What `make` throws names the source. */
  #naming<T>(make: () => T): T {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof FormatsError)) throw error
      throw new ConvertError('CONVERT_INVALID', {
        message: `${this.source.name} (${this.source.kind}): ${error.message}`,
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      })
    }
  }

  weight(tensor: Omit<OnnxTensor, 'name'>, name = this.source.name): Value {
    const { shared } = this.#block
    const seen = shared.weights.get(tensor.data)
    if (seen && seen.dtype === tensor.dtype && String(seen.shape) === String(tensor.shape)) return seen
    const named: OnnxTensor = { ...tensor, name: unique(shared, name) }
    const value = { name: named.name, dtype: named.dtype, shape: named.shape, tensor: named }
    shared.initializers.push(named)
    shared.types.set(named.name, { dtype: named.dtype, shape: named.shape })
    shared.weights.set(tensor.data, value)
    return value
  }

  constant(
    dtype: OnnxDtype,
    shape: readonly number[],
    elements: readonly (number | bigint | string)[],
  ): Value {
    const { shared } = this.#block
    if (elementCount(shape) !== elements.length)
      throw new TypeError(`A constant of shape [${shape.join(', ')}] got ${elements.length} elements`)
    const few = elements.length <= MAX_KNOWN
    const key = few ? `${dtype} ${shape.join(',')} ${keyOf(elements)}` : undefined
    const seen = key === undefined ? undefined : shared.constants.get(key)
    if (seen) return seen
    const data =
      dtype === 'string'
        ? elements.map(String)
        : this.#naming(() => encodeElements(dtype, elements as readonly (number | bigint)[]))
    const made = this.weight({ dtype, shape, data }, `${this.source.name}/const`)
    const value: Value = few ? { ...made, known: elements.map(element => knownOf(dtype, element)) } : made
    if (key !== undefined) shared.constants.set(key, value)
    return value
  }

  scalar(dtype: OnnxDtype, element: number | bigint | string): Value {
    return this.constant(dtype, [], [element])
  }

  ints(elements: readonly number[]): Value {
    return this.constant('int64', [elements.length], elements)
  }

  async body(
    name: string,
    inputs: readonly ValueType[],
    make: (emitter: Emitter, inputs: readonly Value[]) => Promise<readonly Value[]>,
  ): Promise<OnnxGraph> {
    const { shared } = this.#block
    const block: Block = { shared, nodes: [] }
    const values = inputs.map((type, i) => ({ ...type, name: unique(shared, `${name}/in${i}`) }))
    for (const { name: input, dtype, shape } of values)
      shared.types.set(input, { dtype, ...(shape && { shape }) })
    const emitter = new BlockEmitter(block, this.source)
    const made = await make(emitter, values)
    // A body's output must be made in the body, and once.
    const outputs = made.map(value => emitter.rename(unique(shared, `${name}/out`), value))
    return { name, nodes: block.nodes, inputs: values.map(typeOf), outputs: outputs.map(typeOf) }
  }

  /** The same elements under a name that is kept. */
  rename(name: string, value: Value): Value {
    const { dtype, shape } = value
    const type: ValueType = { dtype, ...(shape && { shape }) }
    this.#push('Identity', [value], [{ ...type, name }], {})
    return { ...type, name }
  }

  #constantOf({ dtype, shape }: ValueType, known: readonly Element[]): Value {
    return this.constant(dtype, (shape ?? []) as readonly number[], known as readonly (number | string)[])
  }

  #node(
    op: string,
    inputs: readonly (Value | undefined)[],
    types: readonly InferredType[],
    options: OpOptions,
  ): readonly Value[] {
    const { shared } = this.#block
    const stem = `${this.source.name}/${op}`
    const values = types.map(
      (type, i): Value => ({ ...type, name: unique(shared, i === 0 ? stem : `${stem}:${i}`) }),
    )
    this.#push(op, inputs, values, options)
    return values
  }

  #push(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    { domain = '', attributes }: OpOptions,
  ): void {
    const { shared, nodes } = this.#block
    if (++shared.nodes > MAX_NODES) throw tooLarge(`The converted graph has more than ${MAX_NODES} nodes`)
    shared.domains.add(domain)
    for (const { name, dtype, shape } of outputs) shared.types.set(name, { dtype, ...(shape && { shape }) })
    const name = outputs[0]!.name
    nodes.push({
      name,
      op,
      ...(domain !== '' && { domain }),
      inputs: namesOf(inputs),
      outputs: outputs.map(output => output.name),
      ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
      metadata: this.#metadata,
    })
    this.#own ??= this.#mapped()
    this.#own.push(name)
  }
  #mapped(): string[] {
    const { mapping } = this.#block.shared
    const key = JSON.stringify([this.source.name, this.source.kind])
    const mapped = mapping.get(key) ?? { source: this.source, nodes: [] }
    mapping.set(key, mapped)
    return mapped.nodes
  }
}

/** Known to the last element, and none of them the name of a free axis. */
function isWhole(elements: readonly Element[]): boolean {
  return elements.every(element => element !== null && typeof element !== 'string')
}

/** A number as its type holds it: 0.1 of float32 is another one. */
function knownOf(dtype: OnnxDtype, element: number | bigint | string): Element {
  return typeof element === 'string' ? element : rounded(dtype, Number(element))
}

/** −0 and 0 are two constants. */
function keyOf(elements: readonly (number | bigint | string)[]): string {
  return elements
    .map(element =>
      typeof element === 'string' ? JSON.stringify(element) : Object.is(element, -0) ? '-0' : `${element}`,
    )
    .join(',')
}

/** Names of values are unique over all graphs of a model: subgraphs see what is around them. */
export function unique(shared: Shared, wanted: string): string {
  let name = wanted
  let count = shared.counts.get(wanted) ?? 0
  while (shared.names.has(name)) name = `${wanted}_${++count}`
  if (count > 0) shared.counts.set(wanted, count)
  shared.names.add(name)
  return name
}

/** What a graph says of a value at its border. */
export function typeOf({ name, dtype, shape }: Value) {
  return { name, dtype, ...(shape && { shape }) }
}

/** Missing ones behind the last are not listed: a runtime that sees `` there takes it for an input that is computed. */
function namesOf(inputs: readonly (Value | undefined)[]): readonly string[] {
  const last = inputs.findLastIndex(input => input !== undefined)
  return inputs.slice(0, last + 1).map(input => input?.name ?? '')
}
