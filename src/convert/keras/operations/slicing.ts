import type { Json } from '../../../core/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { isObject } from '../config.ts'
import { shapeOf } from '../emit.ts'
import { type ConvertLayer, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { argumentOf, tensorOf } from './operands.ts'

/** Past any axis. */
const FAR = Number.MAX_SAFE_INTEGER

type Part =
  | { readonly kind: 'index'; readonly at: number }
  | {
      readonly kind: 'slice'
      readonly start: number | null
      readonly stop: number | null
      readonly step: number
    }
  | { readonly kind: 'new' }
  | { readonly kind: 'rest' }

/** x[1], x[:, 2:4, None, ..., ::-1]. */
const getItem: ConvertLayer = call => {
  const x = tensorOf(call, 0, 'x', 'tensor')
  const key = argumentOf(call, 1, 'key', 'slice_spec')
  if (key?.kind === 'tensor' || key?.kind === 'list' || key?.kind === 'dict')
    throw new Refusal('an index that is a tensor', 'Use keras.ops.take.')
  const json = key?.json ?? null
  return [sliced(call, x, partsOf(call, json))]
}

function partsOf(call: LayerCall, json: Json): readonly Part[] {
  return (Array.isArray(json) ? (json as readonly Json[]) : [json]).map(part => partOf(call, part))
}

function partOf({ config }: LayerCall, json: Json): Part {
  const fail = (): never => config.fail('key', 'integers, slices, None and an ellipsis')
  if (json === null) return { kind: 'new' }
  if (typeof json === 'number') return Number.isSafeInteger(json) ? { kind: 'index', at: json } : fail()
  if (!isObject(json)) return fail()
  if (json['class_name'] === '__ellipsis__') return { kind: 'rest' }
  // Keras 2 gives the three numbers as they are, Keras 3 in a config.
  const bounds = isObject(json['config'] ?? undefined)
    ? (json['config'] as { readonly [key: string]: Json })
    : json
  const bound = (key: string): number | null => {
    const value = bounds[key] ?? null
    return value === null || (typeof value === 'number' && Number.isSafeInteger(value)) ? value : fail()
  }
  const step = bound('step') ?? 1
  return step === 0 ? fail() : { kind: 'slice', start: bound('start'), stop: bound('stop'), step }
}

function sliced({ b }: LayerCall, x: Value, parts: readonly Part[]): Value {
  const rank = shapeOf(x).length
  const taken = parts.filter(({ kind }) => kind === 'index' || kind === 'slice').length
  if (taken > rank || parts.filter(({ kind }) => kind === 'rest').length > 1)
    throw new Refusal(`an index of ${parts.length} parts into ${rank} axes`)
  const slices: { axis: number; start: number; stop: number; step: number }[] = []
  const [dropped, added]: [number[], number[]] = [[], []]
  let axis = 0
  let out = 0
  for (const part of parts) {
    if (part.kind === 'new') added.push(out++)
    else if (part.kind === 'rest') {
      axis += rank - taken
      out += rank - taken
    } else {
      const range = rangeOf(part)
      if (range) slices.push({ axis, ...range })
      if (part.kind === 'index') dropped.push(axis)
      else out++
      axis++
    }
  }
  const column = (pick: (slice: (typeof slices)[number]) => number): Value => b.ints(slices.map(pick))
  const cut =
    slices.length === 0
      ? x
      : b.op('Slice', [
          x,
          column(s => s.start),
          column(s => s.stop),
          column(s => s.axis),
          column(s => s.step),
        ])
  const less = dropped.length === 0 ? cut : b.op('Squeeze', [cut, b.ints(dropped)])
  return added.length === 0 ? less : b.op('Unsqueeze', [less, b.ints(added)])
}

/** Undefined for what takes the whole axis. */
function rangeOf(part: Part & { kind: 'index' | 'slice' }) {
  if (part.kind === 'index') return { start: part.at, stop: part.at === -1 ? FAR : part.at + 1, step: 1 }
  const { start, stop, step } = part
  if (start === null && stop === null && step === 1) return undefined
  if (step > 0) return { start: start ?? 0, stop: stop ?? FAR, step }
  return { start: start ?? FAR, stop: stop ?? -FAR, step }
}

export const slicing: LayerTable = {
  GetItem: limited('integers, slices, None and an ellipsis', getItem, 'stops'),
}
