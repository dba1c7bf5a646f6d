import type { Json } from '../../../core/index.ts'
import { DTYPES } from '../../../core/index.ts'
import type { OnnxDtype } from '../../../formats/index.ts'
import { isFloat } from '../../graph/dtypes.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid, isObject, LayerConfig } from '../config.ts'
import { cast } from '../emit.ts'
import type { Argument, LayerCall } from '../layer.ts'

/** Numbers of one constant in a config. */
const MAX_CONSTANT = 1_000_000

/** What an operation is set to: entries of its config (Keras 3), and arguments that are no tensors (TensorFlow's functions). */
export function settingsOf({ config, named, name, className }: LayerCall): LayerConfig {
  const plain = Array.from(named).flatMap(([key, argument]) =>
    argument.kind === 'plain' ? [[key, argument.json] as const] : [],
  )
  return new LayerConfig({ ...config.json, ...Object.fromEntries(plain) }, { name, kind: className })
}

/** An argument by its place or one of its names. */
export function argumentOf(
  call: LayerCall,
  index: number,
  ...names: readonly string[]
): Argument | undefined {
  for (const name of names) {
    const found = call.argument(index, name)
    if (found) return found
  }
  return undefined
}

/** An operand as it is given: a tensor, or a constant. */
export type Operand = { readonly value: Value } | { readonly constant: Constant }

interface Constant {
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  readonly elements: readonly (number | string)[]
  /** A number that stands alone takes the type of what it meets. */
  readonly weak: boolean
}

export function operandOf(call: LayerCall, index: number, ...names: readonly string[]): Operand | undefined {
  const argument = argumentOf(call, index, ...names)
  if (!argument) return undefined
  if (argument.kind === 'tensor') return { value: argument.value }
  if (argument.kind === 'plain') return { constant: constantOf(call, argument.json) }
  throw new Refusal(`tensors in a ${argument.kind} as the operand '${names[0]}'`)
}

/** An operand that must be there, in the graph. */
export function tensorOf(call: LayerCall, index: number, ...names: readonly string[]): Value {
  const operand = operandOf(call, index, ...names)
  if (!operand) throw invalid(`${call.className} '${call.name}' is called without '${names[0]}'`)
  return inGraph(call, operand)
}

export function inGraph({ b }: LayerCall, operand: Operand, dtype?: OnnxDtype): Value {
  if ('value' in operand) return dtype ? cast(b, operand.value, dtype) : operand.value
  const { constant } = operand
  return b.constant(dtype ?? constant.dtype, constant.shape, constant.elements)
}

/** Two operands in the type that Keras computes in. */
export function promoted(call: LayerCall, x: Operand, y: Operand): readonly [Value, Value] {
  const dtype = commonDtype(x, y)
  return [inGraph(call, x, dtype), inGraph(call, y, dtype)]
}

function commonDtype(x: Operand, y: Operand): OnnxDtype {
  const [a, z] = [dtypeOf(x), dtypeOf(y)]
  if (a === z) return a
  const weak = [x, y].find(operand => 'constant' in operand && operand.constant.weak)
  if (weak) {
    const [other, own] = weak === x ? [z, a] : [a, z]
    if (isFloat(other)) return other
    return isFloat(own) ? 'float32' : other === 'bool' ? 'int32' : other
  }
  return isFloat(a) !== isFloat(z) ? (isFloat(a) ? a : z) : RANKS.indexOf(a) < RANKS.indexOf(z) ? z : a
}

/** Of two types of one kind the later one holds both. */
const RANKS: readonly OnnxDtype[] = [
  'bool',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float16',
  'float32',
  'float64',
]

function dtypeOf(operand: Operand): OnnxDtype {
  return 'value' in operand ? operand.value.dtype : operand.constant.dtype
}

/** A number, lists of numbers, and numpy's and TensorFlow's arrays as Keras serializes them. */
function constantOf({ className, name }: LayerCall, json: Json): Constant {
  const fail = (): never => {
    throw invalid(`An operand of ${className} '${name}' is no number and no array of numbers`)
  }
  if (isObject(json)) {
    const config = json['config']
    if (!isObject(config) || !/^__(numpy|tensor)__$/.test(String(json['class_name']))) return fail()
    const stated = DTYPES.find(dtype => dtype === config['dtype'])
    const array = arrayOf(config['value'], fail)
    return { ...array, dtype: stated ?? array.dtype, weak: false }
  }
  return arrayOf(json, fail)
}

function arrayOf(json: Json | undefined, fail: () => never): Constant {
  const elements: (number | string)[] = []
  const shape: number[] = []
  const visit = (value: Json | undefined, depth: number): void => {
    if (Array.isArray(value)) {
      const list: readonly Json[] = value
      if (shape.length === depth) shape.push(list.length)
      if (shape[depth] !== list.length || (elements.length > 0 && depth >= shape.length)) fail()
      for (const item of list) visit(item, depth + 1)
      return
    }
    const element = elementOf(value)
    if (element === undefined || depth !== shape.length || elements.length >= MAX_CONSTANT) fail()
    else elements.push(element)
  }
  visit(json, 0)
  return { dtype: elementsDtype(json, elements), shape, elements, weak: shape.length === 0 }
}

/** Python's JSON has infinities, which the reader gives as text. */
const WORDS: Readonly<Record<string, number>> = {
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
}

function elementOf(value: Json | undefined): number | string | undefined {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') return Object.hasOwn(WORDS, value) ? WORDS[value] : value
  return typeof value === 'number' ? value : undefined
}

function elementsDtype(json: Json | undefined, elements: readonly (number | string)[]): OnnxDtype {
  if (elements.some(element => typeof element === 'string')) return 'string'
  let first: Json | undefined = json
  while (Array.isArray(first)) first = first[0]
  if (typeof first === 'boolean') return 'bool'
  return elements.every(Number.isInteger) ? 'int32' : 'float32'
}
