import type { Json } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { Source } from '../graph/types.ts'

export const invalid = failing(
  'CONVERT_INVALID',
  'Save the model again with Keras: model.save("model.keras").',
)

export type JsonObject = { readonly [key: string]: Json }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export type Bounds = { readonly min?: number; readonly max?: number }

/** Sizes, axes, counts: Keras' own are far below, and sums of them stay exact. */
const MAX_INTEGER = 2 ** 31 - 1
/** Numbers in one list of a config: shapes, axes and the like. Long tables are read with `list`. */
const MAX_INTS = 64

/**
 * A layer's config, read with what is expected of each entry. An entry that is missing or null gives the default (where
 * one is given); one of another kind throws CONVERT_INVALID with the layer, the entry and what was found.
 */
export class LayerConfig {
  readonly json: JsonObject
  readonly #source: Source

  constructor(json: JsonObject, source: Source) {
    this.json = json
    this.#source = source
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  /** Any entry; undefined where it is missing or null. */
  get(key: string): Json | undefined {
    return Object.hasOwn(this.json, key) ? (this.json[key] ?? undefined) : undefined
  }

  bool(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false')
  }

  number(key: string, fallback?: number): number {
    const value = this.get(key) ?? fallback
    return typeof value === 'number' && Number.isFinite(value) ? value : this.fail(key, 'a number')
  }

  /** From 0 to 2³¹ − 1 where no bounds are given. */
  int(key: string, fallback?: number, { min = 0, max = MAX_INTEGER }: Bounds = {}): number {
    const value = this.get(key) ?? fallback
    return isInt(value, min, max) ? value : this.fail(key, `an integer from ${min} to ${max}`)
  }

  /** `count` integers; one alone stands for as many. */
  ints(
    key: string,
    count: number,
    fallback?: number,
    { min = 0, max = MAX_INTEGER }: Bounds = {},
  ): readonly number[] {
    const value = this.get(key) ?? fallback
    const list = isInt(value, min, max) ? Array.from<number>({ length: count }).fill(value) : value
    const fits = Array.isArray(list) && list.length === count && list.every(item => isInt(item, min, max))
    return fits ? (list as readonly number[]) : this.fail(key, `${count} integers from ${min} to ${max}`)
  }

  /** Integers, as many as there are; one alone is a list of one. */
  intList(key: string, { min = -MAX_INTEGER, max = MAX_INTEGER }: Bounds = {}): readonly number[] {
    const value = this.get(key)
    const list = isInt(value, min, max) ? [value] : value
    const fits = Array.isArray(list) && list.length <= MAX_INTS && list.every(item => isInt(item, min, max))
    return fits ? (list as readonly number[]) : this.fail(key, `integers from ${min} to ${max}`)
  }

  text(key: string, fallback?: string): string {
    const value = this.get(key) ?? fallback
    return typeof value === 'string' ? value : this.fail(key, 'a text')
  }

  choice<const Choice extends string>(
    key: string,
    choices: readonly Choice[],
    fallback?: NoInfer<Choice>,
  ): Choice {
    const value = this.get(key) ?? fallback
    return choices.find(choice => choice === value) ?? this.fail(key, `one of ${choices.join(', ')}`)
  }

  list(key: string): readonly Json[] {
    const value = this.get(key)
    return Array.isArray(value) ? (value as readonly Json[]) : this.fail(key, 'a list')
  }

  object(key: string): JsonObject | undefined {
    const value = this.get(key)
    return value === undefined || isObject(value) ? value : this.fail(key, 'an object')
  }

  /** Of images: Keras' `data_format`. */
  layout(): 'channels-last' | 'channels-first' {
    const format = this.choice('data_format', ['channels_last', 'channels_first'], 'channels_last')
    return format === 'channels_first' ? 'channels-first' : 'channels-last'
  }

  fail(key: string, expected: string): never {
    throw invalid(
      `'${key}' of ${this.#source.kind} '${this.#source.name}' is ${shown(this.get(key))}; it takes ${expected}`,
    )
  }
}

function isInt(value: Json | undefined, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
