import { FormatsError } from './errors.ts'
import type { MetadataEntry, TensorDtype, TensorInfo } from './types.ts'

/** A value of metadata that a description shows; chat templates and licences fit. */
export const MAX_METADATA_TEXT: number = 64 * 1024

/** An entry of a description; what is too long is cut, and a note says so. */
export function metadataEntry(key: string, value: string, notes: string[]): MetadataEntry {
  if (value.length <= MAX_METADATA_TEXT) return { key, value }
  notes.push(`the metadata '${key}' has ${value.length} characters; the first ${MAX_METADATA_TEXT} are shown`)
  return { key, value: value.slice(0, MAX_METADATA_TEXT) }
}

/** Elements of the tensors that a model has learnt or computes with: no optimiser's state, no data, no text. */
export function parametersOf(tensors: readonly TensorInfo[]): number {
  return tensors
    .filter(({ role }) => role !== 'optimizer' && role !== 'data')
    .filter(({ dtype }) => dtype !== 'string' && dtype !== 'object')
    .reduce((sum, { elements }) => sum + elements, 0)
}

/** TENSOR_MISSING, with the names that come nearest. */
export function tensorMissing(file: string, name: string, names: Iterable<string>): FormatsError {
  const all = Array.from(names)
  const near = nearest(name, all)
  return new FormatsError('TENSOR_MISSING', {
    message: `${file} has no tensor '${name.slice(0, 200)}'`,
    hint: all.length === 0 ? 'It has no tensors.' : `The nearest names are ${near.join(', ')}.`,
    details: { tensor: name, nearest: near },
  })
}

/** Names that share the longest beginnings and ends with what was asked for. */
function nearest(name: string, names: readonly string[], count = 3): string[] {
  return names
    .map(other => ({ other, score: shared(name, other) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ other }) => other)
}

function shared(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let start = 0
  while (start < most && a[start] === b[start]) start++
  let end = 0
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return start + end - Math.abs(a.length - b.length) / 4
}

/** Bits of one element of a number; undefined for blocks, text, objects and elements that say their size themselves. */
export function bitsOf(dtype: TensorDtype): number | undefined {
  if (dtype === 'bool') return 8
  if (dtype === 'datetime64' || dtype === 'timedelta64') return 64
  // float8e4m3fn, int4, complex64: the digits behind the word.
  const digits = /^(?:u?int|b?float|complex)(\d+)/.exec(dtype)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
