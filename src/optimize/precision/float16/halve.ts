import type {
  OnnxAttribute,
  OnnxDtype,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxTensorType,
} from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import { outputDtypes } from '../../graph/dtypes.ts'
import { freshNames, nameOf } from '../../graph/weights.ts'
import type { Changed, Kept } from '../../types.ts'
import { alwaysFloat, BLOCKED, FLOAT_ONLY } from './blocked.ts'
import { halfTensor } from './weight.ts'

export interface HalfOptions {
  /** Names of nodes that stay float32, beside those whose operator must. */
  readonly keep?: ReadonlySet<string>
}

/** Before, a Cast said its type in words, and most operators had no float16. */
const LEAST_OPSET = 7

/** TensorProto.DataType's numbers. */
const FLOAT = 1
const FLOAT16 = 10

/**
 * float16 throughout, but for the model's inputs and outputs and for operators that must stay: Casts stand around
 * those. Bodies of If, Loop and Scan are changed too. Throws OPTIMIZE_UNSUPPORTED for operators whose types are not
 * known, OPTIMIZE_NOTHING for a model without float32 values.
 */
export function halve(model: OnnxModel, options: HalfOptions = {}): Changed {
  const opset = model.opsets.find(({ domain }) => domain === '')?.version ?? 0
  if (opset < LEAST_OPSET)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The model is of opset ${opset}; float16 needs ${LEAST_OPSET}`,
      hint: 'Export the model again with a newer opset.',
    })
  const halver = new Halver(model, opset, options)
  const graph = halver.graph()
  if (halver.changed.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: 'The model has no float32 node',
      hint: 'Leave it as it is.',
    })
  return { model: { ...model, graph }, changed: halver.changed, kept: halver.kept }
}

class Halver {
  readonly changed: string[] = []
  readonly kept: Kept[] = []
  readonly #graph: OnnxGraph
  readonly #opset: number
  readonly #keep: ReadonlySet<string>
  readonly #fresh: (wanted: string) => string
  /** As they were before. */
  readonly #dtypes = new Map<string, OnnxDtype>()
  /** Constants that stay float32: nothing but nodes that stay takes them. */
  readonly #floats: ReadonlySet<string>
  /** Inputs and outputs of the model, by the names that nodes take and give instead. */
  readonly #renamed = new Map<string, string>()
  /** Casts of the model's inputs, and of its outputs. */
  readonly #before: OnnxNode[] = []
  readonly #after: OnnxNode[] = []

  constructor({ graph }: OnnxModel, opset: number, { keep = new Set() }: HalfOptions) {
    this.#graph = graph
    this.#opset = opset
    this.#keep = keep
    this.#fresh = freshNames(graph)
    this.#floats = floatOnly(graph, (node, place) => this.#stays(node) || alwaysFloat(node.op, place, opset))
  }

  graph(): OnnxGraph {
    const graph = this.#graph
    const constants = new Set((graph.initializers ?? []).map(({ name }) => name))
    for (const [i, { name, dtype }] of graph.inputs.entries())
      if (dtype === 'float32' && !constants.has(name)) this.#renameInput(name, i)
    for (const [i, { name, dtype }] of graph.outputs.entries())
      if (dtype === 'float32') this.#renameOutput(name, i)
    const nodes = this.#nodes(graph)
    return {
      ...graph,
      nodes: [...this.#before, ...nodes, ...this.#after],
      inputs: graph.inputs.map(input => (constants.has(input.name) ? this.#typed(input) : input)),
      initializers: this.#initializers(graph),
      values: [],
    }
  }

  #renameInput(name: string, i: number): void {
    const output = this.#fresh(`graph_input_cast_${i}`)
    this.#renamed.set(name, output)
    this.#dtypes.set(output, 'float32')
    this.#before.push(cast(`graph_input_cast${i}`, name, output, FLOAT16))
  }

  #renameOutput(name: string, i: number): void {
    // A model may give one of its inputs.
    if (this.#renamed.has(name)) return
    const input = this.#fresh(`graph_output_cast_${i}`)
    this.#renamed.set(name, input)
    this.#after.push(cast(`graph_output_cast${i}`, input, name, FLOAT))
  }

  #stays(node: OnnxNode): boolean {
    const domain = node.domain ?? ''
    return (
      BLOCKED.has(node.op) ||
      FLOAT_ONLY.has(node.op) ||
      this.#keep.has(nameOf(node)) ||
      (domain !== '' && domain !== 'com.microsoft')
    )
  }

  #initializers({ initializers = [] }: OnnxGraph): readonly OnnxTensor[] {
    return initializers.map(tensor => (this.#floats.has(tensor.name) ? tensor : halfTensor(tensor)))
  }

  /** The nodes of a graph, main or body, in order, with what must be cast. */
  #nodes(graph: OnnxGraph): readonly OnnxNode[] {
    for (const { name, dtype } of [...graph.inputs, ...(graph.values ?? []), ...(graph.initializers ?? [])])
      this.#dtypes.set(name, dtype)
    for (const { name, dtype } of graph.outputs) if (dtype !== 'undefined') this.#dtypes.set(name, dtype)
    const casts = new Map<string, string>()
    return graph.nodes.flatMap(node => {
      this.#learn(node)
      const before: OnnxNode[] = []
      const after: OnnxNode[] = []
      const stays = this.#stays(node)
      const inputs = node.inputs.map((name, place) => {
        const given = this.#renamed.get(name) ?? name
        const float = stays || (!node.domain && alwaysFloat(node.op, place, this.#opset))
        return float && this.#isHalf(name) ? this.#castUp(given, casts, before) : given
      })
      const outputs = node.outputs.map(name => {
        const given = this.#renamed.get(name) ?? name
        if (!stays || !this.#isHalf(name)) return given
        const own = this.#fresh(`${given}_cast_to_fp16`)
        after.push(cast(`${own}_node`, own, given, FLOAT16))
        return own
      })
      if (stays) this.kept.push({ node: nameOf(node), op: node.op, why: whyOf(node, this.#keep) })
      else if (node.inputs.some(name => this.#isHalf(name)) || node.outputs.some(name => this.#isHalf(name)))
        this.changed.push(nameOf(node))
      const own = stays ? node : this.#halved(node)
      return [...before, { ...own, inputs, outputs }, ...after]
    })
  }

  #learn(node: OnnxNode): void {
    outputDtypes(node, this.#dtypes).forEach((dtype, i) => {
      const name = node.outputs[i]!
      if (name === '' || this.#dtypes.has(name)) return
      if (dtype === undefined)
        throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
          message: `It is not known what '${name}' of ${node.domain ? `${node.domain}.` : ''}${node.op} is made of`,
          hint: 'Export the model with shapes of values (onnx.shape_inference), or leave it as float32.',
          details: { value: name, op: node.op },
        })
      this.#dtypes.set(name, dtype)
    })
  }

  /** Whether a value that was float32 is float16 now. */
  #isHalf(name: string): boolean {
    return this.#dtypes.get(name) === 'float32' && !this.#floats.has(name)
  }

  #castUp(name: string, casts: Map<string, string>, before: OnnxNode[]): string {
    const known = casts.get(name)
    if (known) return known
    const output = this.#fresh(`${name}_cast_to_fp32`)
    casts.set(name, output)
    before.push(cast(`${output}_node`, name, output, FLOAT))
    return output
  }

  #halved(node: OnnxNode): OnnxNode {
    const attributes = Object.entries(node.attributes ?? {}).map(([name, value]): [string, OnnxAttribute] => [
      name,
      this.#halvedAttribute(node, name, value),
    ])
    if (node.op === 'ConstantOfShape' && attributes.length === 0)
      attributes.push([
        'value',
        { tensor: { name: 'value', dtype: 'float16', shape: [1], data: new Uint8Array(2) } },
      ])
    if ((node.op === 'RandomNormal' || node.op === 'RandomUniform') && !node.attributes?.['dtype'])
      attributes.push(['dtype', { int: FLOAT16 }])
    return { ...node, ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }) }
  }

  #halvedAttribute(node: OnnxNode, name: string, value: OnnxAttribute): OnnxAttribute {
    if ('tensor' in value) return { tensor: halfTensor(value.tensor) }
    if ('graph' in value) return { graph: this.#body(value.graph) }
    if ('graphs' in value) return { graphs: value.graphs.map(graph => this.#body(graph)) }
    const says = (node.op === 'Cast' && name === 'to') || name === 'dtype'
    return says && 'int' in value && Number(value.int) === FLOAT ? { int: FLOAT16 } : value
  }

  #body(graph: OnnxGraph): OnnxGraph {
    return {
      ...graph,
      nodes: this.#nodes(graph),
      inputs: graph.inputs.map(value => this.#typed(value)),
      outputs: graph.outputs.map(value => this.#typed(value)),
      initializers: this.#initializers(graph),
      values: [],
    }
  }

  #typed(value: OnnxTensorType): OnnxTensorType {
    return value.dtype === 'float32' ? { ...value, dtype: 'float16' } : value
  }
}

function whyOf(node: OnnxNode, keep: ReadonlySet<string>): string {
  if (keep.has(nameOf(node))) return 'it was asked to stay'
  return BLOCKED.has(node.op) || FLOAT_ONLY.has(node.op)
    ? 'its operator stays float32'
    : `its domain is ${node.domain}`
}

function cast(name: string, input: string, output: string, to: number): OnnxNode {
  return { name, op: 'Cast', inputs: [input], outputs: [output], attributes: { to: { int: to } } }
}

/** Constants of all graphs that are taken, and only as float32. */
function floatOnly(
  graph: OnnxGraph,
  asFloat: (node: OnnxNode, place: number) => boolean,
): ReadonlySet<string> {
  const [floats, halves] = [new Set<string>(), new Set<string>()]
  const visit = ({ nodes, outputs }: OnnxGraph): void => {
    for (const { name } of outputs) halves.add(name)
    for (const node of nodes) {
      for (const [place, name] of node.inputs.entries()) (asFloat(node, place) ? floats : halves).add(name)
      for (const value of Object.values(node.attributes ?? {})) {
        if ('graph' in value) visit(value.graph)
        if ('graphs' in value) value.graphs.forEach(visit)
      }
    }
  }
  visit(graph)
  const constants = new Set<string>()
  const list = ({ nodes, initializers = [] }: OnnxGraph): void => {
    for (const { name } of initializers) constants.add(name)
    for (const { attributes = {} } of nodes)
      for (const value of Object.values(attributes)) {
        if ('graph' in value) list(value.graph)
        if ('graphs' in value) value.graphs.forEach(list)
      }
  }
  list(graph)
  return new Set([...floats].filter(name => constants.has(name) && !halves.has(name)))
}
