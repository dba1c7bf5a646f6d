import type { ByteSource } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import type { ModelInput } from '../ports.ts'
import { memoryTree } from '../tree/memory.ts'

/** The input of a model that is a file's part, or all of it: a pickle holds models of both libraries as they are. */
export function inputWithin(
  source: ByteSource,
  place: { readonly offset: number; readonly length: number },
): ModelInput {
  const part = sliceOf(source, place.offset, place.length, source.name)
  return { source: part, path: source.name, storedSize: part.size, wrapper: [], tree: memoryTree(new Map()) }
}
