import type { Content } from './examples.ts'
import { looksLikeImage } from './image.ts'

/** What a body is. `text` is one text; `json` also a list of them. */
export type Kind = 'image' | 'npy' | 'form' | 'csv' | 'tsv' | 'text' | 'ndjson' | 'json' | 'unknown'

const BY_TYPE: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['text/csv', 'csv'],
  ['application/csv', 'csv'],
  // What browsers on Windows call a file with the ending .csv.
  ['application/vnd.ms-excel', 'csv'],
  ['text/tab-separated-values', 'tsv'],
  ['text/plain', 'text'],
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['application/x-jsonlines', 'ndjson'],
  ['application/x-npy', 'npy'],
  ['application/vnd.numpy', 'npy'],
  ['multipart/form-data', 'form'],
])
/** Types that say nothing: curl calls every body a form, and other clients a stream of bytes. */
const SAY_NOTHING: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'application/octet-stream',
])
const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** `{`, `[` and `"`. */
const JSON_STARTS: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x22])
const SPACE = 0x20

export function contentOf(bytes: Buffer, header: string | undefined): Content {
  const type = header === undefined ? undefined : header.replace(/;.*$/s, '').trim().toLowerCase()
  return { bytes, type: type === undefined || SAY_NOTHING.has(type) ? undefined : type, header }
}

/**
 * By its first bytes where they tell, else by its content type. A body that begins as JSON and is called nothing is
 * JSON; any other text is left to the model (`unknown`).
 */
export function kindOf({ bytes, type }: Content): Kind {
  if (looksLikeImage(bytes)) return 'image'
  if (bytes.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC)) return 'npy'
  if (type === undefined) return JSON_STARTS.has(firstByte(bytes)) ? 'json' : 'unknown'
  if (type.startsWith('image/')) return 'image'
  return BY_TYPE.get(type) ?? (type.endsWith('+json') ? 'json' : 'unknown')
}

/** Whether only this protocol knows what to do with a body, on a path that takes others as well. */
export function looksPlain(bytes: Buffer, header: string | undefined): boolean {
  const kind = kindOf(contentOf(bytes, header))
  return kind !== 'json' && kind !== 'unknown'
}

/** A parameter of a content type, as in `text/csv; header=present`; lower case. */
export function parameterOf(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';').slice(1) ?? []) {
    const [key, value] = part.split('=', 2)
    if (key!.trim().toLowerCase() === name)
      return value
        ?.trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase()
  }
  return undefined
}

/** The first one that is no space; −1 for nothing. */
function firstByte(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! > SPACE) return bytes[at]!
  return -1
}
