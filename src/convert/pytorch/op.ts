import type { OnnxDtype, TensorDtype, TorchArgument } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import { isFloat } from '../graph/dtypes.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'

/*
 * How to add an operator.
 *
 * A converter gets a call, asks it for its arguments by the names of torch's schema, and gives what the operator gives:
 *
 *   const gelu: Convert = call =>
 *     call.emitter.op('Gelu', [call.value('self')], { attributes: { approximate: { text: call.text('approximate', 'none') } } })
 *
 * It stands in the table of its family in `ops/`, under the operator's name without `aten.` and without the overload
 * (`add`), or with it where overloads differ (`index.Tensor`). Torch leaves out arguments that have their default, so
 * each access names it. What has no ONNX form throws `Refusal`.
 */

const invalid = failing('CONVERT_INVALID', 'The file contradicts itself; export the program again.')

/** Thrown for what depends on something that was refused: that was told already. */
export class Missing extends Error {}

export type Result = Value | readonly Value[]
export type Convert = (call: AtenCall) => Result | Promise<Result>

export interface OpConverter {
  readonly convert: Convert
  /** What of the operator is refused, for docs/. */
  readonly limits?: string
}
export type OpTable = Readonly<Record<string, OpConverter>>

/** Converters without limits. */
export function table(converters: Readonly<Record<string, Convert>>): OpTable {
  return Object.fromEntries(Object.entries(converters).map(([name, convert]) => [name, { convert }]))
}

/** A call of an operator, its arguments checked as they are asked for. */
export class AtenCall {
  readonly target: string
  readonly emitter: Emitter
  readonly #arguments: ReadonlyMap<string, TorchArgument>
  readonly #lookUp: (name: string) => Value | undefined

  constructor(
    target: string,
    args: ReadonlyMap<string, TorchArgument>,
    emitter: Emitter,
    find: (name: string) => Value | undefined,
  ) {
    this.target = target
    this.#arguments = args
    this.emitter = emitter
    this.#lookUp = find
  }

  has(name: string): boolean {
    return (this.#arguments.get(name) ?? null) !== null
  }

  /** A tensor, or a number that the program computes. */
  value(name: string): Value {
    return this.maybe(name) ?? this.#fail(name, 'a tensor')
  }

  maybe(name: string): Value | undefined {
    const found = this.#arguments.get(name) ?? null
    if (found === null) return undefined
    if (typeof found === 'object' && 'kind' in found && found.kind === 'value') return this.#find(found.name)
    return this.#fail(name, 'a tensor')
  }

  /** Several tensors; those that are None are undefined. */
  values(name: string): readonly (Value | undefined)[] {
    const found = this.#arguments.get(name)
    if (!Array.isArray(found)) return this.#fail(name, 'a list of tensors')
    return (found as readonly TorchArgument[]).map(item => {
      if (item === null) return undefined
      if (typeof item === 'object' && 'kind' in item && item.kind === 'value') return this.#find(item.name)
      return this.#fail(name, 'a list of tensors')
    })
  }

  /** A tensor, or a number as a scalar: of `like`'s type, but a fraction beside whole numbers is float32. */
  operand(name: string, like: Value): Value {
    const found = this.#arguments.get(name)
    const number = numberOf(found)
    if (number === undefined) return this.value(name)
    const fits = isFloat(like.dtype) || typeof found === 'number' || typeof found === 'boolean'
    return this.emitter.scalar(fits ? like.dtype : 'float32', number)
  }

  /** A number that is known. */
  number(name: string, fallback?: number): number {
    const found = this.#arguments.get(name) ?? null
    if (found === null && fallback !== undefined) return fallback
    return numberOf(found) ?? this.#unknown(name, 'a number')
  }

  int(name: string, fallback?: number): number {
    const found = this.number(name, fallback)
    return Number.isInteger(found) ? found : this.#fail(name, 'a whole number')
  }

  bool(name: string, fallback?: boolean): boolean {
    const found = this.#arguments.get(name) ?? null
    if (found === null && fallback !== undefined) return fallback
    return typeof found === 'boolean' ? found : this.#fail(name, 'true or false')
  }

  text(name: string, fallback?: string): string {
    const found = this.#arguments.get(name) ?? null
    if (found === null && fallback !== undefined) return fallback
    if (typeof found === 'object' && found !== null && 'kind' in found && found.kind === 'text')
      return found.text
    return this.#fail(name, 'text')
  }

  /** Whole numbers that are known; one alone is a list of it. */
  ints(name: string, fallback?: readonly number[]): readonly number[] {
    const found = this.#arguments.get(name) ?? null
    if (found === null && fallback !== undefined) return fallback
    const items = Array.isArray(found) ? (found as readonly TorchArgument[]) : [found]
    return items.map(item => numberOf(item) ?? this.#unknown(name, 'whole numbers'))
  }

  floats(name: string): readonly number[] | undefined {
    const found = this.#arguments.get(name) ?? null
    if (!Array.isArray(found)) return undefined
    return (found as readonly TorchArgument[]).map(item => numberOf(item) ?? this.#unknown(name, 'numbers'))
  }

  /** An element type that ONNX has. */
  dtype(name: string): OnnxDtype | undefined {
    const found = this.#arguments.get(name) ?? null
    if (found === null) return undefined
    if (typeof found !== 'object' || !('kind' in found) || found.kind !== 'dtype')
      return this.#fail(name, 'a dtype')
    return onnxDtype(found.dtype, found.name)
  }

  /** A list of sizes: numbers, and values that are int64 scalars. */
  sizes(name: string): readonly (number | Value)[] {
    const found = this.#arguments.get(name) ?? null
    const items = Array.isArray(found) ? (found as readonly TorchArgument[]) : [found]
    return items.map(item => this.#size(name, item))
  }

  /** One size, or index: a number, or an int64 scalar. */
  size(name: string, fallback?: number): number | Value {
    const found = this.#arguments.get(name) ?? null
    if (found === null && fallback !== undefined) return fallback
    return this.#size(name, found)
  }

  #size(name: string, item: TorchArgument): number | Value {
    const number = numberOf(item)
    if (number !== undefined) return number
    if (item !== null && typeof item === 'object' && 'kind' in item && item.kind === 'value')
      return this.#find(item.name)
    return this.#fail(name, 'a size')
  }

  #find(name: string): Value {
    const found = this.#lookUp(name)
    if (!found) throw new Missing(name)
    return found
  }

  #unknown(name: string, what: string): never {
    const found = this.#arguments.get(name)
    if (found !== null && typeof found === 'object' && 'kind' in found && found.kind === 'value')
      throw new Refusal(`'${name}' is computed`)
    return this.#fail(name, what)
  }

  #fail(name: string, expected: string): never {
    throw invalid(`${this.emitter.source.name}: ${this.target} needs ${expected} as '${name}'`)
  }
}

function numberOf(item: TorchArgument | undefined): number | undefined {
  if (typeof item === 'number') return item
  if (typeof item === 'boolean') return Number(item)
  if (item !== null && typeof item === 'object' && 'kind' in item && item.kind === 'float') return item.value
  return undefined
}

/** Throws Refusal for types without a form in ONNX. */
export function onnxDtype(dtype: TensorDtype | undefined, name: string): OnnxDtype {
  const known: readonly OnnxDtype[] = [
    'float16',
    'bfloat16',
    'float32',
    'float64',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'bool',
  ]
  const found = known.find(other => other === dtype)
  if (!found) throw new Refusal(`the type ${name} has no form in ONNX`)
  return found
}
