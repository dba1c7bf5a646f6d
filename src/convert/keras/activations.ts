import type { Json } from '../../core/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import { isObject } from './config.ts'
import { axisOf, cast, same, shapeOf } from './emit.ts'
import type { Generation } from './layer.ts'

/** An activation function of one tensor. */
export type Activation = (b: Emitter, x: Value, generation: Generation) => Value

const op =
  (name: string): Activation =>
  (b, x) =>
    same(b, name, x)

const number = (b: Emitter, x: Value, value: number): Value => b.scalar(x.dtype, value)

/** x where `condition`, else `other`. */
function where(b: Emitter, condition: Value, x: Value, other: Value): Value {
  const shape = x.shape ?? other.shape
  return b.op('Where', [condition, x, other], { types: [{ dtype: x.dtype, ...(shape && { shape }) }] })
}

export interface ReluOptions {
  readonly slope: number
  readonly max: number | undefined
  readonly threshold: number
}

/** max where x ≥ max; x where threshold < x; else slope · (x − threshold). */
export function relu(b: Emitter, x: Value, { slope, max, threshold }: ReluOptions): Value {
  if (slope !== 0 && max === undefined && threshold === 0) return leakyRelu(b, x, slope)
  const zero = number(b, x, 0)
  const above =
    threshold === 0 ? same(b, 'Relu', x) : where(b, b.op('Greater', [x, number(b, x, threshold)]), x, zero)
  const positive = max === undefined ? above : clip(b, threshold === 0 ? x : above, 0, max)
  if (slope === 0) return positive
  const below = same(b, 'Relu', b.op('Sub', [number(b, x, threshold), x]))
  return b.op('Sub', [positive, b.op('Mul', [below, number(b, x, slope)])])
}

export function leakyRelu(b: Emitter, x: Value, slope: number): Value {
  return same(b, 'LeakyRelu', x, { alpha: { float: slope } })
}

export function elu(b: Emitter, x: Value, alpha: number): Value {
  return same(b, 'Elu', x, { alpha: { float: alpha } })
}

export function clip(b: Emitter, x: Value, min: number, max: number): Value {
  const type = { dtype: x.dtype, ...(x.shape && { shape: x.shape }) }
  return b.op('Clip', [x, number(b, x, min), number(b, x, max)], { types: [type] })
}

export function gelu(b: Emitter, x: Value, approximate: boolean): Value {
  return same(b, 'Gelu', x, { approximate: { text: approximate ? 'tanh' : 'none' } })
}

export function softmax(b: Emitter, x: Value, axis = -1, log = false): Value {
  return same(b, log ? 'LogSoftmax' : 'Softmax', x, { axis: { int: axis } })
}

export function hardSigmoid(b: Emitter, x: Value, generation: Generation): Value {
  // Keras 1 and 2: clip(0.2 x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6.
  const alpha = generation < 3 ? 0.2 : 1 / 6
  return same(b, 'HardSigmoid', x, { alpha: { float: alpha }, beta: { float: 0.5 } })
}

const silu: Activation = (b, x) => b.op('Mul', [x, same(b, 'Sigmoid', x)])

/** alpha (e^(min(x, 0) / alpha) − 1) below 0. */
export function celu(b: Emitter, x: Value, alpha: number): Value {
  return same(b, 'Celu', x, { alpha: { float: alpha } })
}

/** The first half of the last axis, times the sigmoid of the second. */
export function glu(b: Emitter, x: Value, axis = -1): Value {
  const shape = shapeOf(x)
  const at = axisOf(axis, shape.length)
  const size = shape[at]
  if (typeof size !== 'number' || size % 2 !== 0)
    throw new Refusal('glu over an axis whose size is free, or odd')
  const half = { dtype: x.dtype, shape: shape.with(at, size / 2) }
  const [first, second] = b.ops('Split', [x], 2, {
    attributes: { axis: { int: at }, num_outputs: { int: 2 } },
    types: [half, half],
  })
  return b.op('Mul', [first, same(b, 'Sigmoid', second!)])
}

/** x where |x| > threshold, else 0. */
export function hardShrink(b: Emitter, x: Value, threshold = 0.5): Value {
  return where(b, b.op('Greater', [same(b, 'Abs', x), number(b, x, threshold)]), x, number(b, x, 0))
}

/** x drawn to 0 by `threshold`. */
export function softShrink(b: Emitter, x: Value, threshold = 0.5): Value {
  const limit = number(b, x, threshold)
  const above = same(b, 'Relu', b.op('Sub', [x, limit]))
  const below = same(b, 'Relu', b.op('Sub', [same(b, 'Neg', x), limit]))
  return b.op('Sub', [above, below])
}

/** x above the threshold, else `otherwise`. */
export function threshold(b: Emitter, x: Value, limit: number, otherwise: number): Value {
  return where(b, b.op('Greater', [x, number(b, x, limit)]), x, number(b, x, otherwise))
}

/** (x + √(x² + b)) / 2. */
export function squareplus(b: Emitter, x: Value, add = 4): Value {
  const root = same(b, 'Sqrt', b.op('Add', [b.op('Mul', [x, x]), number(b, x, add)]))
  return b.op('Mul', [b.op('Add', [x, root]), number(b, x, 0.5)])
}

/** 0 up to −1, (x + 1)² / 4 up to 1, then x. */
const sparsePlus: Activation = (b, x) => {
  const shifted = b.op('Add', [x, number(b, x, 1)])
  const middle = b.op('Mul', [b.op('Mul', [shifted, shifted]), number(b, x, 0.25)])
  const low = b.op('LessOrEqual', [x, number(b, x, -1)])
  return where(b, low, number(b, x, 0), where(b, b.op('Less', [x, number(b, x, 1)]), middle, x))
}

/**
 * Martins and Astudillo, "From Softmax to Sparsemax" (2016), as Keras computes it: τ = (Σ of all sums in the support − 1) /
 * support, where the paper has the last sum alone.
 */
export function sparsemax(b: Emitter, x: Value, axis = -1): Value {
  const shape = shapeOf(x)
  const at = axisOf(axis, shape.length)
  const size = shape[at]
  if (typeof size !== 'number') throw new Refusal('sparsemax over an axis whose size is free')
  const type = { dtype: x.dtype, shape }
  const [sorted] = b.ops('TopK', [x, b.ints([size])], 2, {
    attributes: { axis: { int: at } },
    types: [type, { dtype: 'int64', shape }],
  })
  const sums = b.op('CumSum', [sorted, b.scalar('int64', at)], { types: [type] })
  const ranks = b.constant(
    x.dtype,
    shape.map((_, i) => (i === at ? size : 1)),
    Array.from({ length: size }, (_, i) => i + 1),
  )
  const one = number(b, x, 1)
  const support = b.op('Greater', [sorted, b.op('Div', [b.op('Sub', [sums, one]), ranks])])
  const total = (of: Value): Value =>
    b.op('ReduceSum', [of, b.ints([at])], { types: [{ dtype: x.dtype, shape: shape.with(at, 1) }] })
  const count = total(cast(b, support, x.dtype))
  const tau = b.op('Div', [b.op('Sub', [total(where(b, support, sums, number(b, x, 0))), one]), count])
  return same(b, 'Relu', b.op('Sub', [x, tau]))
}

/** Keras' activations by name, with the settings that they have where only their name is given. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: op('Relu'),
  relu6: (b, x) => clip(b, x, 0, 6),
  leaky_relu: (b, x) => leakyRelu(b, x, 0.2),
  sigmoid: op('Sigmoid'),
  tanh: op('Tanh'),
  softmax: (b, x) => softmax(b, x),
  log_softmax: (b, x) => softmax(b, x, -1, true),
  softplus: op('Softplus'),
  softsign: op('Softsign'),
  elu: (b, x) => elu(b, x, 1),
  selu: op('Selu'),
  celu: (b, x) => celu(b, x, 1),
  exponential: op('Exp'),
  gelu: (b, x) => gelu(b, x, false),
  gelu_new: (b, x) => gelu(b, x, true),
  mish: op('Mish'),
  silu,
  swish: silu,
  hard_sigmoid: hardSigmoid,
  hard_silu: op('HardSwish'),
  hard_swish: op('HardSwish'),
  hard_tanh: (b, x) => clip(b, x, -1, 1),
  hard_shrink: (b, x) => hardShrink(b, x),
  soft_shrink: (b, x) => softShrink(b, x),
  tanh_shrink: (b, x) => b.op('Sub', [x, same(b, 'Tanh', x)]),
  log_sigmoid: (b, x) => same(b, 'Neg', same(b, 'Softplus', same(b, 'Neg', x))),
  glu: (b, x) => glu(b, x),
  threshold: (_, __) => {
    throw new Refusal('threshold without its numbers')
  },
  squareplus: (b, x) => squareplus(b, x),
  sparse_plus: sparsePlus,
  sparse_sigmoid: (b, x) =>
    clip(b, b.op('Mul', [b.op('Add', [x, number(b, x, 1)]), number(b, x, 0.5)]), 0, 1),
  sparsemax: (b, x) => sparsemax(b, x),
}

/** What a config's `activation` says: nothing, a name, or a serialized function. Throws Refusal for unknown ones. */
export function activate(b: Emitter, x: Value, json: Json | undefined, generation: Generation): Value {
  const name = activationName(json)
  if (name === undefined) return x
  const known = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined
  if (known) return known(b, x, generation)
  throw new Refusal(
    `the activation '${name.slice(0, 60)}'`,
    'Use one of Keras’ own activations, or export the model as a SavedModel: model.export("folder").',
  )
}

/** Undefined where there is none. */
export function activationName(json: Json | undefined): string | undefined {
  if (json === undefined || json === null) return undefined
  if (typeof json === 'string') return json
  const config = isObject(json) ? json['config'] : undefined
  if (isObject(json) && json['class_name'] === 'function' && typeof config === 'string') return config
  return isObject(json) && typeof json['class_name'] === 'string' ? json['class_name'] : 'unreadable'
}
