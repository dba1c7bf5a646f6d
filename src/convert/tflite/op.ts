import type { LiteOptions, OnnxDtype } from '../../formats/index.ts'
import type { Emitter, Shape, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import { knownElements } from '../tensorflow/constants.ts'
import type { Constant, Convert, OpAttributes } from '../tensorflow/op.ts'
import { OPS } from '../tensorflow/ops/index.ts'

/*
 * How to add an operator.
 *
 * Most operators of TensorFlow Lite are ops of TensorFlow under another name, so their converters are those: `as` says
 * which op, and how the options become its attributes:
 *
 *   MEAN: as('Mean', async options => ({ keep_dims: (await options.byte(0)) !== 0 })),
 *
 * Slots are those of tensorflow/lite/schema (version 3). Operators with an activation of their own say at which slot it
 * stands. What is an operator of its own takes a `LiteCall`.
 */

/** A call of an operator. Quantized tensors come, and are given, as the real numbers that they stand for. */
export interface LiteCall {
  readonly name: string
  readonly emitter: Emitter
  /** Undefined where an input is left out. */
  readonly inputs: readonly (Value | undefined)[]
  readonly options: LiteOptions
  /** Types that the file says of what it gives. */
  readonly outputs: readonly { readonly dtype: OnnxDtype; readonly shape: Shape }[]
}

export type LiteConvert = (call: LiteCall) => Promise<readonly (Value | undefined)[]>

export interface LiteConverter {
  readonly convert: LiteConvert
  readonly limits?: string
}

export type LiteTable = Readonly<Record<string, LiteConverter>>

type Plain = boolean | number | string | readonly number[] | { readonly dtype: OnnxDtype }
export type AttributesOf = (options: LiteOptions, call: LiteCall) => Promise<Readonly<Record<string, Plain>>>

/** An operator that is TensorFlow's op; `activation` is the slot of the function that is applied behind it. */
export function as(
  op: string,
  attributesOf: AttributesOf = async () => ({}),
  {
    activation,
    inputs,
  }: { readonly activation?: number; readonly inputs?: (call: LiteCall) => readonly Value[] } = {},
): LiteConverter {
  return {
    async convert(call) {
      const given = inputs?.(call) ?? call.inputs.filter(value => value !== undefined)
      const made = await tensorflow(op, call, given, await attributesOf(call.options, call))
      return activation === undefined ? made : [await activated(call, made[0]!, activation)]
    },
  }
}

/** Calls the converter of a TensorFlow op. */
export async function tensorflow(
  op: string,
  call: LiteCall,
  inputs: readonly Value[],
  attributes: Readonly<Record<string, Plain>>,
): Promise<readonly (Value | undefined)[]> {
  const convert: Convert = OPS[op]!.convert
  const made = await convert({
    op,
    name: call.name,
    emitter: call.emitter,
    inputs,
    attributes: plainAttributes(attributes),
    isUsed: () => true,
    constant: input => constantOf(inputs, input),
    integers: input => integersOf(inputs, input),
  })
  return 'dtype' in made ? [made] : made
}

/** The elements of an input that is a constant. Throws Refusal where it is computed, or left out. */
export function constantOf(inputs: readonly (Value | undefined)[], input: number): Promise<Constant> {
  const value = inputs[input]
  if (!value) throw new Refusal(`its input ${input} is left out`)
  return knownElements(value, `input ${input}`)
}

/** The same of whole numbers. */
export async function integersOf(
  inputs: readonly (Value | undefined)[],
  input: number,
): Promise<readonly number[]> {
  const { elements } = await constantOf(inputs, input)
  if (elements.every(element => Number.isSafeInteger(element))) return elements as readonly number[]
  throw new Refusal(`its input ${input} has no whole numbers`)
}

/** ActivationFunctionType, applied to what an operator gives. */
export async function activated(call: LiteCall, x: Value, slot: number): Promise<Value> {
  const b = call.emitter
  const number = await call.options.byte(slot)
  const clip = (low: number, high: number) =>
    b.op('Clip', [x, b.scalar(x.dtype, low), b.scalar(x.dtype, high)])
  switch (number) {
    case 0:
      return x
    case 1:
      return b.op('Relu', [x])
    case 2:
      return clip(-1, 1)
    case 3:
      return clip(0, 6)
    case 4:
      return b.op('Tanh', [x])
    default:
      throw new Refusal(`the activation function ${number}`)
  }
}

/** What TensorFlow's converters ask for, of plain values; each access has its fallback. */
function plainAttributes(given: Readonly<Record<string, Plain>>): OpAttributes {
  function get<T>(name: string, fallback: T | undefined, is: (value: Plain) => boolean): T {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value !== undefined && is(value)) return value as T
    if (fallback !== undefined) return fallback
    throw new Refusal(`its '${name}' is not known`)
  }
  const isList = (value: Plain): boolean => Array.isArray(value)
  return {
    has: name => Object.hasOwn(given, name),
    int: (name, fallback) => get(name, fallback, value => typeof value === 'number'),
    float: (name, fallback) => get(name, fallback, value => typeof value === 'number'),
    bool: (name, fallback) => get(name, fallback, value => typeof value === 'boolean'),
    text: (name, fallback) => get(name, fallback, value => typeof value === 'string'),
    dtype: (name, fallback) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (typeof value === 'object' && 'dtype' in value) return value.dtype
      if (fallback !== undefined) return fallback
      throw new Refusal(`its '${name}' is not known`)
    },
    shape: (name, fallback) => get(name, fallback, isList),
    ints: (name, fallback) => get(name, fallback, isList),
    floats: (name, fallback) => get(name, fallback, isList),
    texts: (_name, fallback) => fallback ?? [],
    dtypes: (_name, fallback) => fallback ?? [],
    shapes: (_name, fallback) => fallback ?? [],
  }
}
