import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import type { Layout } from '../object/layout.ts'

/** The stored bytes of a compact or contiguous dataset, at most `most` at once, in whole elements. */
export async function* readContiguous(
  storage: Storage,
  layout: Extract<Layout, { kind: 'compact' | 'contiguous' }>,
  {
    total,
    elementBytes,
    most,
    fill,
    what,
  }: {
    total: number
    elementBytes: number
    most: number
    fill: Uint8Array | undefined
    what: string
  },
): AsyncGenerator<Uint8Array, void> {
  const step = Math.max(1, Math.floor(most / elementBytes)) * elementBytes
  if (layout.kind === 'contiguous' && layout.address === undefined) {
    for (let at = 0; at < total; at += step) yield filled(Math.min(step, total - at), fill, elementBytes)
    return
  }
  const { size } = layout
  const address = layout.kind === 'compact' ? layout.offset - storage.base : layout.address!
  if (size !== undefined && size < total)
    throw fail.malformed(storage.place(address), `${what} has ${size} bytes instead of ${total}`)
  await storage.data(address + total, 0, what)
  for (let at = 0; at < total; at += step)
    yield await storage.data(address + at, Math.min(step, total - at), what)
}

/** Bytes where nothing was written. */
export function filled(length: number, fill: Uint8Array | undefined, elementBytes: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (fill?.byteLength !== elementBytes || !fill.some(byte => byte !== 0)) return bytes
  for (let at = 0; at < length; at += elementBytes) bytes.set(fill, at)
  return bytes
}
