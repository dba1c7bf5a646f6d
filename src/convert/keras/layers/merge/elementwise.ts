import { isFloat } from '../../../graph/dtypes.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast } from '../../emit.ts'
import type { Carried, ConvertLayer, LayerCall } from '../../layer.ts'
import { anyOf } from '../sequence/masking.ts'
import { commonRank, commonType, countsInOne, withMask } from './operands.ts'

type Merge = (call: LayerCall, inputs: readonly Carried[]) => Carried

const fold =
  (op: string): Merge =>
  ({ b }, inputs) =>
    inputs.slice(1).reduce<Value>((sum, input) => b.op(op, [sum, input]), unmasked(inputs[0]!))

const subtract: Merge = (call, inputs) => {
  if (inputs.length !== 2) throw new Refusal(`Subtract of ${inputs.length} tensors`)
  return fold('Sub')(call, inputs)
}

/** Keras divides integers as float64. */
const average: Merge = (call, inputs) => {
  const sum = fold('Add')(call, inputs)
  const real = isFloat(sum.dtype) ? sum : cast(call.b, sum, 'float64')
  return call.b.op('Div', [real, call.b.scalar(real.dtype, inputs.length)])
}

/** Since Keras 3.4 what is masked counts as 1, and where all are masked the product is 0. */
const multiply: Merge = (call, inputs) => {
  const { b } = call
  if (!countsInOne(call) || inputs.every(({ mask }) => !mask)) return fold('Mul')(call, inputs)
  const kept = inputs.map(x =>
    x.mask ? b.op('Where', [overFeatures(b, x.mask), x, b.scalar(x.dtype, 1)]) : x,
  )
  const product = fold('Mul')(call, kept)
  const masks = allMasks(inputs)?.map((mask, i) => spreadMask(b, mask, inputs[i]!))
  if (!masks) return product
  const some = masks.reduce((all, mask) => b.op('Or', [all, mask]))
  return withMask(b.op('Where', [some, product, b.scalar(product.dtype, 0)]), anyOf(b, some))
}

/** Since Keras 3.4: where one is masked, the other stands for it. */
const extreme =
  (op: 'Max' | 'Min'): Merge =>
  (call, inputs) => {
    const { b } = call
    const [first, ...others] = inputs
    if (!countsInOne(call)) return fold(op)(call, inputs)
    let output: Value = unmasked(first!)
    let outputMask = first!.mask && spreadMask(b, first!.mask, first!)
    for (const other of others) {
      const mask = other.mask && spreadMask(b, other.mask, other)
      const there: Value = mask ? b.op('Where', [mask, other, output]) : unmasked(other)
      const here: Value = outputMask ? b.op('Where', [outputMask, output, there]) : output
      outputMask = mask && outputMask ? b.op('Or', [outputMask, mask]) : undefined
      output = b.op(op, [here, there])
    }
    return withMask(output, outputMask && anyOf(b, outputMask))
  }

/** A merge of tensors element by element, and its mask where the function leaves that open. */
const merge =
  (function_: Merge): ConvertLayer =>
  call => {
    const { b, inputs } = call
    const operands = commonRank(b, commonType(b, inputs))
    const output = function_(call, operands)
    return [output.mask ? output : withMask(output, mergedMask(call, inputs))]
  }

/** Where steps count in one, all must have masks. */
function mergedMask(call: LayerCall, inputs: readonly Carried[]): Value | undefined {
  const masks = inputs.flatMap(({ mask }) => mask ?? [])
  const inOne = countsInOne(call)
  if (masks.length === 0 || (inOne && masks.length < inputs.length)) return undefined
  return masks.reduce((all, mask) => call.b.op(inOne ? 'Or' : 'And', [all, mask]))
}

function allMasks(inputs: readonly Carried[]): readonly Value[] | undefined {
  const masks = inputs.flatMap(({ mask }) => mask ?? [])
  return masks.length === inputs.length ? masks : undefined
}

function overFeatures(b: Emitter, mask: Value): Value {
  return b.op('Unsqueeze', [mask, b.ints([-1])])
}

/** [batch, steps] over the features of a tensor. */
function spreadMask(b: Emitter, mask: Value, x: Value): Value {
  return b.op('Expand', [overFeatures(b, mask), b.op('Shape', [x])])
}

function unmasked({ mask: _, ...value }: Carried): Value {
  return value
}

export const add: ConvertLayer = merge(fold('Add'))
export const subtraction: ConvertLayer = merge(subtract)
export const product: ConvertLayer = merge(multiply)
export const mean: ConvertLayer = merge(average)
export const maximum: ConvertLayer = merge(extreme('Max'))
export const minimum: ConvertLayer = merge(extreme('Min'))
