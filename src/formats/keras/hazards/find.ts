import { isObject, type Json, type JsonObject, member, objectMember, textMember } from '../config/json.ts'
import { MAX_HAZARDS } from '../limits.ts'
import { classHazard } from './classes.ts'
import { KNOWN_CLASSES, KNOWN_FUNCTIONS } from './known.ts'
import type { KerasHazard } from './types.ts'

export type { KerasHazard } from './types.ts'

/** How a value is met: where, in which layer, and under what key. */
interface Visit {
  readonly value: Json
  readonly path: string
  readonly layer: string
  readonly key: string
}

type Report = (kind: KerasHazard['kind'], detail: string, at?: string) => void

/**
 * Everything in a model's config (and training config) that is not plainly Keras' own: an allow-list, applied to any
 * depth and whatever the key, wrappers, losses, metrics and `__tuple__`s included. Gives no verdict. At most
 * `MAX_HAZARDS`. `config` must be no deeper than `MAX_CONFIG_DEPTH`, as `parseJson` ensures.
 */
export function kerasHazards(config: Json): readonly KerasHazard[] {
  const found: KerasHazard[] = []
  const pending: Visit[] = [{ value: config, path: '', layer: '', key: '' }]
  for (let visit = pending.pop(); visit && found.length < MAX_HAZARDS; visit = pending.pop()) {
    const { value, path, layer, key } = visit
    const report: Report = (kind, detail, at = path) => found.push({ path: at, layer, kind, detail })
    if (typeof value === 'string') checkText(key, value, report)
    else if (Array.isArray(value)) {
      const inList = NAMED_FUNCTIONS.has(key) ? key : ''
      for (let i = value.length - 1; i >= 0; i--)
        pending.push({ value: value[i]!, path: `${path}[${i}]`, layer, key: inList })
    } else if (isObject(value)) {
      const inside = layerWithin(value, layer)
      const own: Report = (kind, detail, at = path) => found.push({ path: at, layer: inside, kind, detail })
      checkObject(value, visit, own)
      for (const name of Object.keys(value).toReversed()) {
        // Names of outputs stand between `loss` and its functions.
        const role = NAMED_FUNCTIONS.has(key) && !('class_name' in value) ? key : name
        pending.push({
          value: value[name]!,
          path: within(path, '.', name),
          layer: inside,
          key: role,
        })
      }
    }
  }
  return found
}

function layerWithin(object: JsonObject, layer: string): string {
  if (textMember(object, 'class_name') === undefined) return layer
  const config = objectMember(object, 'config')
  const name = (config && textMember(config, 'name')) ?? textMember(object, 'name')
  if (name === undefined) return layer
  return within(layer, '/', name)
}

/** A path one step on; long names are cut, so that paths stay short. */
function within(path: string, separator: string, name: string): string {
  const step = name.length > MAX_STEP ? `${name.slice(0, MAX_STEP)}…` : name
  return path === '' ? step : `${path}${separator}${step}`
}

const MAX_STEP = 100

/** Keys whose text names a function or class of Keras. */
const NAMED_FUNCTIONS: ReadonlySet<string> = new Set([
  'activation',
  'recurrent_activation',
  'loss',
  'metrics',
  'weighted_metrics',
])
/** Keys whose text, where it is one, is a path. */
const PATHS: ReadonlySet<string> = new Set([
  'vocabulary',
  'idf_weights',
  'filepath',
  'file_path',
  'fname',
  'origin',
])
const ADDRESS = /^(https?|ftp|file|gs|s3|hdfs):\/\//i

function checkText(key: string, text: string, report: Report): void {
  const named = KNOWN_FUNCTIONS.has(text) || KNOWN_CLASSES.has(text)
  if (NAMED_FUNCTIONS.has(key) && !named) report('custom-function', `${key} is '${shown(text)}'`)
  else if (PATHS.has(key) || ADDRESS.test(text)) report('file', `${key} is '${shown(text)}'`)
}

function checkObject(object: JsonObject, { path, key: within }: Visit, report: Report): void {
  const hazard = classHazard(object, within)
  if (hazard) report(hazard.kind, hazard.detail)
  for (const key of Object.keys(object)) {
    // function_type, output_shape_type, mask_type: how Lambda says that a value is marshalled code.
    if (key.endsWith('_type') && member(object, key) === 'lambda') {
      const at = key.slice(0, -'_type'.length)
      report(
        'bytecode',
        `${at} is marshalled Python code${sizeOf(member(object, at))}`,
        path === '' ? at : `${path}.${at}`,
      )
    }
  }
}

function sizeOf(value: Json | undefined): string {
  const code = Array.isArray(value) ? value[0] : value
  return typeof code === 'string' ? `, ${code.length} characters` : ''
}

/** Text for a message: short, and without line breaks. */
export const shown = (text: string): string => text.slice(0, 200).replace(/\s+/g, ' ')
