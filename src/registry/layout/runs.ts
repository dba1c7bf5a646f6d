import type { ElementKind } from '../codec/types.ts'
import type { Piece, PlacedTensor } from './types.ts'

/** A stretch of a file that is cut in one way. */
export interface Run extends Omit<Piece, 'length'> {
  readonly length: number
  /** Cut by content; else at fixed multiples of `MAX_PIECE_BYTES` from its start. */
  readonly byContent: boolean
}

/**
 * Tensors up to here go together with their neighbours: each piece costs a record of about 100 bytes, and its own
 * code table. Norms and biases; a larger one is a piece of its own.
 */
const MAX_SMALL_BYTES: number = 16 * 1024
/** What neighbours come to: an edit of one stores them all again, where it is not a delta. */
export const MAX_GROUP_BYTES: number = 64 * 1024
/** How long groups are on average. */
const GROUP_TARGET: number = 32 * 1024
/** Padding between tensors, which a group takes along. */
const MAX_PADDING_BYTES = 64
/**
 * Headers between tensors, which it takes along where these are hardly longer: a header may change when its tensor does
 * not (PyTorch writes the file's own name into each), and all of a group is stored again then.
 */
const MAX_GAP_BYTES = 1024
const SHORT_BYTES = 4096
/** A tensor below this goes into a group of another kind too: it is shorter than what a piece of its own costs. */
const TINY_BYTES = 1024

/** Bytes of one element. Of `bytes` any place is as good as another. */
export const WIDTHS: Readonly<Record<ElementKind, number>> = {
  bytes: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
}

/**
 * The whole of a file of `size` bytes, in order: tensors, groups of small ones, and what lies between. Whatever the
 * list of tensors says, no byte is left out or comes twice: a tensor that is not behind the one before is passed over.
 */
export function* runsOf(tensors: readonly PlacedTensor[], size: number): Generator<Run, void> {
  let at = 0
  let index = 0
  while (index < tensors.length) {
    if (!isNext(tensors[index]!, at, size)) {
      index++
      continue
    }
    const run = runFrom(tensors, index, size)
    if (run.offset > at) yield { offset: at, length: run.offset - at, kind: 'bytes', byContent: true }
    yield { offset: run.offset, length: run.length, kind: run.kind, tensor: index, byContent: false }
    at = run.offset + run.length
    index += run.tensors
  }
  if (at < size) yield { offset: at, length: size - at, kind: 'bytes', byContent: true }
}

function isNext({ offset, length }: PlacedTensor, at: number, size: number): boolean {
  return Number.isSafeInteger(offset + length) && offset >= at && length > 0 && offset + length <= size
}

interface Group {
  readonly offset: number
  readonly length: number
  readonly kind: ElementKind
  readonly tensors: number
}

/** A tensor, with the small ones that follow it where it is small itself. */
function runFrom(tensors: readonly PlacedTensor[], first: number, size: number): Group {
  const { offset, length, kind } = tensors[first]!
  if (length > MAX_SMALL_BYTES) return { offset, length, kind, tensors: 1 }
  let end = offset + length
  let before = length
  let alike = length
  let next = first + 1
  for (; next < tensors.length; next++) {
    const tensor = tensors[next]!
    if (!isNext(tensor, end, size)) break
    if (!takesAlong(tensor.offset - end, Math.max(before, tensor.length))) break
    if (tensor.length > MAX_SMALL_BYTES || tensor.offset + tensor.length - offset > MAX_GROUP_BYTES) break
    const fits = tensor.kind === kind && (tensor.offset - offset) % WIDTHS[kind] === 0
    if ((!fits && tensor.length >= TINY_BYTES) || isBoundary(tensor)) break
    if (fits) alike += tensor.length
    end = tensor.offset + tensor.length
    before = tensor.length
  }
  const gap = (tensors[next]?.offset ?? size) - end
  // What stands before the next one is not worth a piece either.
  if (gap > 0 && takesAlong(gap, before)) end += gap
  const whole = end - offset
  return { offset, length: whole, kind: alike * 2 < whole ? 'bytes' : kind, tensors: next - first }
}

/** Whether a gap goes with tensors up to `length` beside it. */
function takesAlong(gap: number, length: number): boolean {
  return gap <= MAX_PADDING_BYTES || (gap <= MAX_GAP_BYTES && length < SHORT_BYTES)
}

/**
 * Whether a group begins with a tensor: by its name, so that a tensor that comes or goes moves no cut but those
 * beside it. Larger tensors begin groups more often, which makes these as long as they should be.
 */
function isBoundary({ name, length }: PlacedTensor): boolean {
  return hashOf(name) < (length / GROUP_TARGET) * 2 ** 32
}

/** FNV-1a of the name's UTF-16 units, its bits mixed once more (MurmurHash3's finaliser): names differ in digits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
