/**
 * Gives a buffer's memory back without waiting for the collector: bodies bring a new one with every 64 KiB, and the
 * engine looks for them only when 64 MiB have come together, by walking through all of the heap. For whoever has the
 * last reference; one that shares its memory with others stays.
 */
export function freeBuffer({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
