import type { DataFormat } from '../types.ts'

/** UTF-8 without control characters; `head` may end within a character. */
export function isText(head: Uint8Array): boolean {
  if (head.byteLength === 0 || head.some(byte => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

/** JSONL by its first line; CSV by its name, since any text may be one. */
export function csvOrJsonl(
  head: Uint8Array,
  extension: string,
): Exclude<DataFormat, 'image-folder'> | undefined {
  if (extension === '.csv' || extension === '.tsv') return 'csv'
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl'
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8')
  const [first, second] = text.split('\n', 2)
  if (!first?.startsWith('{') || !second?.startsWith('{')) return undefined
  try {
    return typeof JSON.parse(first) === 'object' ? 'jsonl' : undefined
  } catch {
    return undefined
  }
}
