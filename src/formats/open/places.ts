import type { Placer, PlacerInput, TensorPlace } from '../ports.ts'
import { detectFormat } from './detect.ts'
import type { Detected } from './detected.ts'

/** Formats whose tensors lie somewhere as they are. Others hold text, or are packed throughout. */
const PLACERS: Readonly<Partial<Record<Detected, () => Promise<Placer>>>> = {
  safetensors: async () => (await import('../safetensors/places.ts')).placeSafetensors,
  gguf: async () => (await import('../gguf/places.ts')).placeGguf,
  npy: async () => (await import('../npy/places.ts')).placeNpy,
  npz: async () => (await import('../npy/places.ts')).placeNpz,
}

/** What a file is, and where its tensors lie: in itself, or in files that it describes. */
export interface PlacedFile {
  readonly format: string
  readonly places: readonly TensorPlace[]
}

/**
 * Undefined for a file that nothing recognises, and for one that is packed as a whole. Throws what the format's
 * reader throws.
 */
export async function tensorPlaces(input: PlacerInput): Promise<PlacedFile | undefined> {
  const format = await detectFormat(input.source, input.path)
  if (!format) return undefined
  const placer = await PLACERS[format]?.()
  return { format, places: placer ? await placer(input) : [] }
}
