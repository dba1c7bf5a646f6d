import type { Preview } from '../../../../src/api/agents/disagreements.ts'

/** How an input or an answer is shown to people. */
export type Shown =
  | { readonly kind: 'image'; readonly src: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'row'; readonly cells: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'withheld'; readonly why: string }
  | {
      readonly kind: 'described'
      readonly contentType: string
      readonly bytes: number
      readonly digest: string
    }
  | { readonly kind: 'nothing' }

/** What a browser draws without running anything: no SVG. */
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
/** More of one input is read elsewhere. */
const MAX_SHOWN = 4000

/**
 * An image as one, a row of a table by its columns, a single text as text; all else as JSON, or as what is known of
 * it.
 */
export function shownOf(preview: Preview | undefined): Shown {
  if (preview === undefined) return { kind: 'nothing' }
  const { json, text, base64, contentType = '', bytes = 0, digest = '', withheld } = preview
  if (withheld !== undefined) return { kind: 'withheld', why: withheld }
  if (base64 !== undefined && IMAGES.includes(contentType))
    return { kind: 'image', src: `data:${contentType};base64,${base64}` }
  if (json !== undefined) return ofJson(json)
  if (text !== undefined) return { kind: 'json', text: cut(text) }
  return bytes > 0 ? { kind: 'described', contentType, bytes, digest } : { kind: 'nothing' }
}

type Json = Exclude<Preview['json'], undefined>

function ofJson(json: Json): Shown {
  const only = innermost(json)
  if (typeof only === 'string') return { kind: 'text', text: cut(only) }
  if (isRecord(only)) {
    const cells = Object.entries(only)
    if (cells.length > 0 && cells.every(([, value]) => isScalar(value)))
      return { kind: 'row', cells: cells.map(([name, value]) => [name, cut(String(value))]) }
  }
  return { kind: 'json', text: cut(JSON.stringify(json, undefined, 1)) }
}

/** What remains where a list holds one thing, and an object one list: `{"instances": [{…}]}` is that row. */
function innermost(json: Json): Json {
  if (Array.isArray(json)) return json.length === 1 && json[0] !== undefined ? innermost(json[0]) : json
  if (!isRecord(json)) return json
  const values = Object.values(json)
  const [first] = values
  return values.length === 1 && Array.isArray(first) && first.length === 1 ? innermost(first) : json
}

function isRecord(json: Json): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function isScalar(json: Json): boolean {
  return typeof json !== 'object' || json === null
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
