import type { Lens } from '../engine/lens.ts'
import { pickleLens } from './pickle.ts'
import { bytecodeLens, opaqueLens, programLens, scriptLens } from './programs.ts'
import { wrappedLens } from './wrapped.ts'
import { zipLens } from './zip.ts'

/** Every way of reading that is tried on every content. */
export const LENSES: readonly Lens[] = [
  pickleLens,
  wrappedLens,
  zipLens,
  programLens,
  bytecodeLens,
  opaqueLens,
  scriptLens,
]
