import type { Fraction } from '../../../core/index.ts'

/**
 * Whether a request is in a sample of this share: by its id alone, so that every gateway and every arm keep the same
 * ones, and a larger share keeps all that a smaller one does. FNV-1a, mixed by MurmurHash3's finalizer: ids that are
 * counted up differ in their last digits only.
 */
export function inSample(id: string, share: Fraction): boolean {
  if (share >= 1) return true
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share
}
