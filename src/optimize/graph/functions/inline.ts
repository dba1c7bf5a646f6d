import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOpset,
} from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import type { Kept } from '../../types.ts'
import { nameOf } from '../weights.ts'
import { nodesOf } from './call.ts'
import { allNames } from './names.ts'

/** Functions that call each other twice each make 2^n nodes of n functions: real models have some ten thousand. */
const MAX_NODES = 250_000
/** Of functions within functions: torch's exporter nests modules, a few dozen deep. */
const MAX_DEPTH = 200

export interface Inlined {
  readonly model: OnnxModel
  /** Calls in whose place nodes stand now. */
  readonly calls: number
  /** Calls that stay, each function once. */
  readonly kept: readonly Kept[]
}

/**
 * The nodes of a model's own functions in the places where they are called, in bodies and within each other too, so
 * that passes see them. A function stays where a runtime may know the operator by itself, and where it is of another
 * opset than the model. Throws OPTIMIZE_UNSUPPORTED for functions that call themselves, and for more than MAX_NODES.
 */
export function inlineFunctions(model: OnnxModel): Inlined {
  const { functions = [], opsets, graph } = model
  if (functions.length === 0) return { model, calls: 0, kept: [] }
  const inlining = new Inlining(functions, opsets, allNames(graph))
  const made = inlining.graph(graph, [])
  return {
    model: {
      ...withoutFunctions(model),
      opsets: inlining.opsets,
      graph: made,
      ...(inlining.left.length > 0 && { functions: inlining.left }),
    },
    calls: inlining.calls,
    kept: [...inlining.kept.values()],
  }
}

function withoutFunctions({ functions: _, ...model }: OnnxModel): OnnxModel {
  return model
}

class Inlining {
  readonly kept = new Map<string, Kept>()
  calls = 0
  readonly #functions: ReadonlyMap<string, OnnxFunction>
  readonly #opsets: Map<string, number>
  readonly #taken: Set<string>
  readonly #counts = new Map<string, number>()
  #nodes = 0

  constructor(functions: readonly OnnxFunction[], opsets: readonly OnnxOpset[], taken: Set<string>) {
    this.#functions = new Map(functions.map(each => [keyOf(each.domain, each.name), each]))
    this.#opsets = new Map(opsets.map(({ domain, version }) => [plain(domain), version]))
    this.#taken = taken
  }

  get opsets(): readonly OnnxOpset[] {
    return Array.from(this.#opsets, ([domain, version]) => ({ domain, version }))
  }

  /** Functions that are called still, and what these may call. */
  get left(): readonly OnnxFunction[] {
    return this.kept.size === 0 ? [] : [...this.#functions.values()]
  }

  graph(graph: OnnxGraph, within: readonly string[]): OnnxGraph {
    return { ...graph, nodes: graph.nodes.flatMap(node => this.#node(node, within)) }
  }

  #node(given: OnnxNode, within: readonly string[]): readonly OnnxNode[] {
    if (++this.#nodes > MAX_NODES)
      throw unsupported(`Its functions make more than ${MAX_NODES.toLocaleString('en')} nodes`)
    const node = this.#bodies(given, within)
    const key = keyOf(node.domain ?? '', node.op)
    const called = node.overload ? undefined : this.#functions.get(key)
    if (!called) return [node]
    const why = this.#obstacle(called)
    if (why !== undefined) {
      if (!this.kept.has(key)) this.kept.set(key, { node: nameOf(node), op: node.op, why })
      return [node]
    }
    if (within.includes(key) || within.length >= MAX_DEPTH)
      throw unsupported(
        within.includes(key)
          ? `The function '${called.name}' calls itself`
          : `Its functions call each other more than ${MAX_DEPTH} deep`,
      )
    this.calls++
    for (const { domain, version } of called.opsets)
      if (!this.#opsets.has(plain(domain))) this.#opsets.set(plain(domain), version)
    const fresh = (wanted: string) => this.#fresh(wanted)
    const placed = nodesOf({ node, called, fresh })
    return placed.flatMap(each => this.#node(each, [...within, key]))
  }

  #bodies(node: OnnxNode, within: readonly string[]): OnnxNode {
    const { attributes } = node
    if (!attributes) return node
    const placed = Object.entries(attributes).map(([name, value]): [string, OnnxAttribute] => {
      if ('graph' in value) return [name, { graph: this.graph(value.graph, within) }]
      if ('graphs' in value) return [name, { graphs: value.graphs.map(each => this.graph(each, within)) }]
      return [name, value]
    })
    return { ...node, attributes: Object.fromEntries(placed) }
  }

  #obstacle({ domain, opsets }: OnnxFunction): string | undefined {
    if (RUNTIME_DOMAINS.test(plain(domain))) return 'a runtime may know this operator by itself'
    const other = opsets.find(each => (this.#opsets.get(plain(each.domain)) ?? each.version) !== each.version)
    if (!other) return undefined
    const here = this.#opsets.get(plain(other.domain))
    return `the function is of opset ${other.version} of ${other.domain || 'ONNX'}, the model of ${here}`
  }

  #fresh(wanted: string): string {
    let name = wanted
    let count = this.#counts.get(wanted) ?? 0
    while (this.#taken.has(name)) name = `${wanted}_${++count}`
    // Calls in one place want the same names again and again: each goes on where the last one ended.
    this.#counts.set(wanted, count)
    this.#taken.add(name)
    return name
  }
}

/** What onnxruntime and ONNX have operators in. */
const RUNTIME_DOMAINS = /^(ai\.onnx.*|com\.microsoft.*|com\.ms.*)?$/

const plain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)

const keyOf = (domain: string, name: string): string => `${plain(domain)} ${name}`

function unsupported(message: string): OptimizeError {
  return new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message,
    hint: 'Export the model without functions of its own.',
  })
}
