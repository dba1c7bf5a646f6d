import type { Bytes } from '../../core/index.ts'

/** What lies ready at most. */
const MOST: Bytes = 32 * 1024 * 1024

/**
 * Memory that is used again. Arrays outside the engine's heap are collected late: made anew for each tile, they would
 * pile up to many times what is in use.
 */
const ready = new Map<Bytes, Uint8Array[]>()
let kept: Bytes = 0

/** Bytes of anything: the one who takes them fills them. */
export function takeBytes(length: Bytes): Uint8Array {
  const found = ready.get(length)?.pop()
  if (!found) return new Uint8Array(length)
  kept -= length
  return found
}

/** For the next one who takes as many. Nobody else may have them in hand. */
export function giveBytes(bytes: Uint8Array): void {
  const { byteLength } = bytes
  if (byteLength > MOST) return
  // Other sizes are those of tensors before: they make room.
  for (const size of ready.keys()) {
    if (kept + byteLength <= MOST) break
    if (size === byteLength) continue
    kept -= size * ready.get(size)!.length
    ready.delete(size)
  }
  if (kept + byteLength > MOST) return
  const list = ready.get(byteLength) ?? []
  ready.set(byteLength, list)
  list.push(bytes)
  kept += byteLength
}
