import {
  elementsOf,
  FormatsError,
  type InferredType,
  inferTypes,
  type OnnxGraph,
  type OnnxTensorType,
  type Shape,
  type Value,
} from '../../formats/index.ts'
import { outputDtypes } from '../graph/dtypes.ts'
import { sorted } from '../graph/passes/world/order.ts'
import type { Body, Node } from '../graph/passes/world/types.ts'
import type { World } from '../graph/passes/world/world.ts'
import { asked } from './since.ts'

/**
 * What can be told of every value without running the model: types, shapes, and elements where they are few. A size
 * that is free has a name, its own (`x#1`) where the model gives it none, so that equal ones are known to be equal.
 * Values of which nothing can be told are absent.
 */
export function inferValues(world: World): Map<string, Value> {
  return new Inference(world).values
}

class Inference {
  readonly values = new Map<string, Value>()
  readonly #opset: number

  constructor(world: World) {
    this.#opset = world.opset
    for (const tensor of world.constants.values()) {
      const { name, dtype, shape } = tensor
      const known = elementsOf(tensor)
      this.values.set(name, { name, dtype, shape, tensor, ...(known && { known }) })
    }
    const { main } = world
    for (const { name, dtype, shape } of main.given.inputs)
      this.#add(name, { dtype, ...(shape && { shape: trusted(shape) }) })
    this.#body(main, declaredOf(main.given))
  }

  #body(body: Body, declared: ReadonlyMap<string, OnnxTensorType>): void {
    for (const node of sorted(body)) this.#node(node, declared)
  }

  #node(node: Node, declared: ReadonlyMap<string, OnnxTensorType>): void {
    for (const body of node.bodies.values()) {
      // Sizes of what goes round a loop may change from turn to turn.
      for (const [i, name] of body.inputs.entries()) this.#add(name, { dtype: body.given.inputs[i]!.dtype })
      this.#body(body, NOTHING)
    }
    const types = node.bodies.size > 0 ? this.#control(node) : this.#plain(node)
    const { op, domain, inputs, outputs, attributes } = node
    const dtypes = outputDtypes({ op, domain, inputs, outputs, attributes }, this.#dtypes)
    for (const [i, name] of outputs.entries()) {
      if (name === '') continue
      const type = types?.[i]
      // What the file says is asked for operators that nobody here knows.
      const told = types ? undefined : declared.get(name)
      const dtype = type?.dtype ?? dtypes[i] ?? told?.dtype
      if (dtype && dtype !== 'undefined')
        this.#add(name, { ...type, dtype, ...(told?.shape && { shape: told.shape }) })
    }
  }

  /** Undefined where there is no rule, or the inputs don't fit it: then a runtime says so, too. */
  #plain(node: Node): readonly InferredType[] | undefined {
    const { op, domain, attributes, outputs } = node
    if (domain !== '' && domain !== 'ai.onnx.ml' && domain !== 'com.microsoft') return undefined
    const inputs = node.inputs.map(name => (name === '' ? undefined : this.values.get(name)))
    // An input of which nothing is known is not one that is not given.
    if (node.inputs.some((name, i) => name !== '' && !inputs[i])) return undefined
    const question = domain === '' ? asked(op, inputs, attributes, this.#opset) : { op, inputs }
    if (!question) return undefined
    try {
      return inferTypes({ ...question, domain, attributes, outputs: outputs.length })
    } catch (cause) {
      if (cause instanceof FormatsError) return undefined
      throw cause
    }
  }

  /** Of If what both branches say; of loops the element types. */
  #control({ op, bodies, outputs }: Node): readonly InferredType[] | undefined {
    const graphs = [...bodies.values()]
    const [first, second] = graphs
    if (!first) return undefined
    const skipped = op === 'Loop' ? 1 : 0
    const types = outputs.map((_, i): InferredType | undefined => {
      const value = this.values.get(first.outputs[i + skipped] ?? '')
      const dtype = value?.dtype ?? first.given.outputs[i + skipped]?.dtype
      if (!dtype) return undefined
      const other = op === 'If' && second ? this.values.get(second.outputs[i] ?? '')?.shape : undefined
      return { dtype, ...(value?.shape && other && sameRank(value.shape, other)) }
    })
    return types.some(type => type === undefined) ? undefined : (types as readonly InferredType[])
  }

  #add(name: string, type: Omit<InferredType, 'known'> & Pick<Value, 'known'>): void {
    const { dtype, shape, known } = type
    this.values.set(name, {
      name,
      dtype,
      ...(shape && { shape: named(name, shape) }),
      ...(known && { known }),
    })
  }

  get #dtypes() {
    const { values } = this
    return { get: (name: string) => values.get(name)?.dtype }
  }
}

const NOTHING: ReadonlyMap<string, OnnxTensorType> = new Map()

function declaredOf({ values = [], outputs }: OnnxGraph): ReadonlyMap<string, OnnxTensorType> {
  return new Map([...values, ...outputs].map(type => [type.name, type]))
}

/**
 * Free sizes of an input as the file names them, but for names that say nothing ('?') and those that several axes of
 * one input have: exporters give one name to all that is free, and runtimes don't hold inputs to it.
 */
function trusted(shape: Shape): Shape {
  return shape.map(size => {
    if (typeof size !== 'string') return size
    return /\w/.test(size) && shape.indexOf(size) === shape.lastIndexOf(size) ? size : null
  })
}

function named(name: string, shape: Shape): Shape {
  return shape.map((size, axis) => (size === null || size === '' ? `${name}#${axis}` : size))
}

function sameRank(a: Shape, b: Shape): { readonly shape: Shape } | undefined {
  if (a.length !== b.length) return undefined
  return { shape: a.map((size, i) => (size === b[i] ? size : null)) }
}
