import type { OnnxGraph, OnnxModel } from '../../formats/index.ts'
import { type Block, BlockEmitter, type Shared, typeOf, unique } from './emitter.ts'
import { optimizeGraph } from './passes/index.ts'
import type { Domain, Emitter, Source, Value, ValueType } from './types.ts'

/** ONNX Runtime has all of it since 1.20; text ops are in it, and nothing that older readers lack is used. */
export const OPSETS: Readonly<Record<Domain, number>> = { '': 21, 'ai.onnx.ml': 4, 'com.microsoft': 1 }

/** Which nodes do the work of a part of the user's model. */
export interface SourceMapping extends Source {
  readonly nodes: readonly string[]
}

export interface Built {
  readonly model: OnnxModel
  readonly mapping: readonly SourceMapping[]
}

export interface BuildOptions {
  readonly name: string
  readonly metadata?: OnnxModel['metadata']
  readonly passes?: boolean
}

/** The source of nodes that only name outputs. */
const OUTPUTS = 'outputs'

/** Makes one ONNX graph. Weights and constants of all its subgraphs stand in the main graph. */
export class GraphBuilder {
  readonly #block: Block
  readonly #inputs: Value[] = []
  readonly #outputs: { readonly name: string; readonly value: Value }[] = []

  constructor() {
    const shared: Shared = {
      names: new Set(),
      counts: new Map(),
      constants: new Map(),
      weights: new Map(),
      initializers: [],
      domains: new Set(['']),
      types: new Map(),
      mapping: new Map(),
      nodes: 0,
    }
    this.#block = { shared, nodes: [] }
  }

  at(source: Source): Emitter {
    return new BlockEmitter(this.#block, source)
  }

  /** An input of the model. Names of inputs and outputs are the user's and stay as they are: declare them first. */
  input(name: string, type: ValueType): Value {
    const value = { ...type, name: unique(this.#block.shared, name) }
    this.#inputs.push(value)
    this.#block.shared.types.set(value.name, type)
    return value
  }

  /** Keeps an output's name for it, so that no node takes it. */
  reserve(name: string): void {
    this.#block.shared.names.add(name)
  }

  /** An output of the model. */
  output(name: string, value: Value): void {
    this.#block.shared.names.add(name)
    this.#outputs.push({ name, value })
  }

  /** The model, with the fewest nodes that compute it; with `passes` false as it was told. */
  build(options: BuildOptions): Built {
    const built = this.#built(options)
    if (options.passes === false) return built
    const { model, mapping } = optimizeGraph(built, this.#block.shared.types)
    return { model, mapping: mapping.filter(({ kind, nodes }) => kind !== OUTPUTS || nodes.length > 0) }
  }

  #built(options: BuildOptions): Built {
    const { shared, nodes } = this.#block
    const emitter = new BlockEmitter(this.#block, { name: OUTPUTS, kind: OUTPUTS })
    const taken = new Set(this.#inputs.map(({ name }) => name))
    for (const { name, value } of this.#outputs) {
      if (taken.has(name)) throw new TypeError(`Two inputs or outputs are called '${name}'`)
      taken.add(name)
      emitter.rename(name, value)
    }
    const graph: OnnxGraph = {
      name: options.name,
      nodes,
      inputs: this.#inputs.map(typeOf),
      outputs: this.#outputs.map(({ name, value }) => typeOf({ ...value, name })),
      initializers: shared.initializers,
    }
    return {
      model: {
        opsets: Array.from(shared.domains, domain => ({ domain, version: OPSETS[domain] })),
        graph,
        ...(options.metadata && { metadata: options.metadata }),
      },
      mapping: Array.from(shared.mapping.values(), ({ source, nodes: own }) => ({ ...source, nodes: own })),
    }
  }
}
