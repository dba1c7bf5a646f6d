import { referenceChunker } from './reference.ts'
import type { Chunker, ChunkSizes } from './types.ts'
import { wasmChunker } from './wasm.ts'

/** Content-defined chunks, by WASM where the engine has it: 128 KiB of memory. Both cut at the same places. */
export function openChunker(sizes: ChunkSizes): Chunker {
  return wasmChunker(sizes) ?? referenceChunker(sizes)
}
