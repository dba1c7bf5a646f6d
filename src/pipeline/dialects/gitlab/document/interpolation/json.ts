import type { Located } from '../../../../yaml/located.ts'

/** A value in the middle of a text: strings as they are, all else as JSON. */
export function asText(node: Located): string {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : JSON.stringify(plain(node))
}

function plain(node: Located): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'map': {
      const record: Record<string, unknown> = Object.create(null)
      for (const { key, value } of node.entries) record[key] = plain(value)
      return record
    }
    case 'reference':
      return node.path
  }
}

/** No input that anybody gives is nested deeper. */
const MAX_JSON_DEPTH = 20

/** JSON's values as if they stood at one place. What is nested too deep becomes text. */
export function located(value: unknown, at: Located['at'], depth = 0): Located {
  if (typeof value === 'object' && value !== null && depth < MAX_JSON_DEPTH) {
    if (Array.isArray(value)) {
      return { kind: 'list', items: value.map(item => located(item, at, depth + 1)), at }
    }
    const entries = Object.entries(value).map(([key, item]) => ({
      key,
      keyAt: at,
      value: located(item, at, depth + 1),
    }))
    return { kind: 'map', entries, at }
  }
  if (value === null) return { kind: 'scalar', value, text: '', at }
  const scalar = typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
  return { kind: 'scalar', value: scalar, text: String(scalar), at }
}
