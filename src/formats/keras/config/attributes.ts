import type { Attribute } from '../../types.ts'
import { MAX_ATTRIBUTE_DEPTH, MAX_ATTRIBUTE_ITEMS, MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES } from '../limits.ts'
import { isObject, type Json, type JsonObject, objectMember, textMember } from './json.ts'

/** Members of a layer's config that the graph says in other ways. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'name',
  'layers',
  'input_layers',
  'output_layers',
  'batch_input_shape',
])

/** A layer's config as attributes of its node: without nulls, texts and lists cut, objects of Keras by their class. */
export function attributesOf(config: JsonObject): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = Object.create(null)
  let left = MAX_ATTRIBUTES
  for (const [key, value] of Object.entries(config)) {
    if (value === null || ELSEWHERE.has(key) || left-- <= 0) continue
    attributes[key.slice(0, MAX_ATTRIBUTE_TEXT)] = bounded(value, MAX_ATTRIBUTE_DEPTH)
  }
  return attributes
}

function bounded(value: Json, depth: number): Attribute {
  if (typeof value === 'string') return shortText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) return boundedList(value, depth)
  if (!isObject(value)) return null
  const className = textMember(value, 'class_name')
  if (className === undefined) return boundedObject(value, depth)
  const config = objectMember(value, 'config') ?? {}
  if (className === 'DTypePolicy') return shortText(textMember(config, 'name') ?? className)
  if (className === 'function') return shortText(textMember(value, 'config') ?? className)
  if (depth <= 1) return shortText(className)
  const inner = boundedObject(config, depth - 1)
  return Object.keys(inner).length === 0 ? shortText(className) : { class: shortText(className), ...inner }
}

function boundedList(list: readonly Json[], depth: number): Attribute {
  if (depth <= 1) return `${list.length} items`
  const items = list.slice(0, MAX_ATTRIBUTE_ITEMS).map(item => bounded(item, depth - 1))
  return list.length > MAX_ATTRIBUTE_ITEMS ? [...items, `… ${list.length} items`] : items
}

function boundedObject(object: JsonObject, depth: number): { [key: string]: Attribute } {
  const result: { [key: string]: Attribute } = Object.create(null)
  if (depth <= 1) return result
  for (const [key, value] of Object.entries(object).slice(0, MAX_ATTRIBUTE_ITEMS)) {
    if (value !== null) result[key.slice(0, MAX_ATTRIBUTE_TEXT)] = bounded(value, depth - 1)
  }
  return result
}

function shortText(text: string): string {
  return text.length <= MAX_ATTRIBUTE_TEXT
    ? text
    : `${text.slice(0, MAX_ATTRIBUTE_TEXT)}… (${text.length} characters)`
}
