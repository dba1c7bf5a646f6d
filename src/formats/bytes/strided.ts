import { type ByteSource, elementCount } from '../../core/index.ts'
import { type Failures, failuresOf } from '../errors.ts'
import { PIECE_BYTES } from '../ports.ts'
import { type BoxAxis, gather } from './gather.ts'
import { readPiece } from './ranges.ts'
import { swapInPlace, swapped } from './swap.ts'

/** numpy's own limit. */
export const MAX_AXES = 64
/**
 * A view that repeats elements (zero or overlapping strides: `expand`, `as_strided`) makes many bytes from few; an
 * expanded attention mask makes megabytes, and one that makes more than this is there to keep readers busy.
 */
export const MAX_REPEATED_BYTES = 4 * 2 ** 30
/** What is held while rows are gathered from a view that does not lie in C order. */
const BAND_BYTES = 64 * 1024 * 1024

/** How an array lies in its source. */
export interface StridedView {
  /** Byte of the element at index 0 of every axis. */
  readonly offset: number
  readonly shape: readonly number[]
  /** In elements, one an axis; zero repeats, negative goes backwards. */
  readonly strides: readonly number[]
  readonly itemBytes: number
  /** Elements are stored big-endian. */
  readonly swap?: boolean
  /** Bytes that are swapped together: those of one component of a complex number. `itemBytes` where absent. */
  readonly swapBytes?: number
}

/** Strides of C order (last axis fastest). */
export function cStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * Math.max(1, shape[i + 1]!)
  return strides
}

/** Strides of Fortran order (first axis fastest). */
export function fortranStrides(shape: readonly number[]): number[] {
  return cStrides(shape.toReversed()).reverse()
}

const FAILURES = failuresOf('strided array', 'Save the array again, contiguous.')

/**
 * The elements of a view in C order, little-endian, in pieces of whole elements and at most PIECE_BYTES (one element
 * where that is larger). A contiguous view is read straight through; others are gathered in bands of bounded memory,
 * with few large reads. A piece in `buffer` is valid until the next is asked for. Throws FORMAT_TRUNCATED for a view that leaves the source, FORMAT_MALFORMED for sizes that
 * are none, FORMAT_LIMIT above MAX_AXES and MAX_REPEATED_BYTES.
 */
export async function* readStrided(
  source: ByteSource,
  view: StridedView,
  fail: Failures = FAILURES,
  buffer?: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  checkView(source, view, fail)
  const { itemBytes } = view
  if (itemBytes === 0 || view.shape.includes(0)) return
  const unit = view.swap ? (view.swapBytes ?? itemBytes) : 1
  const { offset, axes } = simplify(view)
  const only = axes[0]
  if (axes.length === 0 || (axes.length === 1 && only?.stride === 1)) {
    const length = (only?.length ?? 1) * itemBytes
    const step = pieceOf(itemBytes)
    for (let at = 0; at < length; at += step) {
      const piece = await readPiece(source, offset + at, Math.min(step, length - at), buffer)
      yield unit > 1 ? swapped(piece, unit) : piece
    }
    return
  }
  for await (const band of bandsOf(source, offset, axes, itemBytes)) {
    swapInPlace(band, unit)
    const step = pieceOf(itemBytes)
    for (let at = 0; at < band.byteLength; at += step) yield band.subarray(at, at + step)
  }
}

/** Throws unless every byte that the view touches lies in the source. */
export function checkView(source: ByteSource, view: StridedView, fail: Failures = FAILURES): void {
  const { offset, shape, strides, itemBytes } = view
  const place = { name: source.name, ...(Number.isSafeInteger(offset) && { offset }) }
  if (shape.length > MAX_AXES) throw fail.limit(place, `${shape.length} axes; the limit is ${MAX_AXES}`)
  const sane = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
  const what = `shape [${shape.join(', ')}], strides [${strides.join(', ')}], ${itemBytes} bytes an element`
  if (strides.length !== shape.length || !shape.every(sane) || !strides.every(Number.isSafeInteger))
    throw fail.malformed(place, `a view with ${what}`)
  const bytes = elementCount(shape) * itemBytes
  if (!sane(offset) || !sane(itemBytes) || !Number.isSafeInteger(bytes))
    throw fail.malformed(place, `a view with ${what}, which is beyond any file`)
  if (bytes === 0) return
  // In 64-bit integers and beyond, so that nothing wraps.
  let [low, high] = [BigInt(offset), BigInt(offset) + BigInt(itemBytes)]
  shape.forEach((length, axis) => {
    const reach = BigInt(strides[axis]!) * BigInt(length - 1) * BigInt(itemBytes)
    if (reach < 0n) low += reach
    else high += reach
  })
  if (low < 0n || high > BigInt(source.size))
    throw fail.truncated(place, `a view with ${what} touches bytes ${low} to ${high} of ${source.size}`)
  if (bytes > Number(high - low) && bytes > MAX_REPEATED_BYTES)
    throw fail.limit(
      place,
      `a view repeats ${high - low} bytes to ${bytes}; the limit is ${MAX_REPEATED_BYTES}`,
    )
}

interface Axis {
  readonly length: number
  readonly stride: number
}

/** Without axes of one element, and with neighbours that are one long axis joined. */
function simplify({ offset, shape, strides }: StridedView): { offset: number; axes: readonly Axis[] } {
  const axes: Axis[] = []
  for (const [i, length] of shape.entries()) {
    if (length === 1) continue
    const stride = strides[i]!
    const before = axes.at(-1)
    if (before && before.stride === stride * length)
      axes[axes.length - 1] = { length: before.length * length, stride }
    else axes.push({ length, stride })
  }
  return { offset, axes }
}

function pieceOf(itemBytes: number): number {
  return Math.max(itemBytes, PIECE_BYTES - (PIECE_BYTES % itemBytes))
}

/** Blocks of rows in C order, each gathered into memory of its own. */
async function* bandsOf(
  source: ByteSource,
  offset: number,
  axes: readonly Axis[],
  itemBytes: number,
): AsyncGenerator<Uint8Array, void> {
  // The axis `split` is cut into parts; those inside it are taken whole, those outside it one index at a time.
  let split = axes.length - 1
  let row = 1
  while (split > 0 && row * axes[split]!.length * itemBytes <= BAND_BYTES) row *= axes[split--]!.length
  const cut = axes[split]!
  const part = Math.max(1, Math.floor(BAND_BYTES / (row * itemBytes)))
  const outer = axes.slice(0, split)
  const index = new Array<number>(split).fill(0)
  do {
    const start = index.reduce((sum, i, axis) => sum + i * outer[axis]!.stride, 0)
    for (let first = 0; first < cut.length; first += part) {
      const length = Math.min(part, cut.length - first)
      const target = new Uint8Array(length * row * itemBytes)
      const at = offset + (start + first * cut.stride) * itemBytes
      await gatherBand(source, at, [{ ...cut, length }, ...axes.slice(split + 1)], itemBytes, target)
      yield target
    }
  } while (advance(index, outer))
}

/** An axis that goes backwards is gathered forwards, from its last element, to backward places. */
async function gatherBand(
  source: ByteSource,
  offset: number,
  axes: readonly Axis[],
  itemBytes: number,
  target: Uint8Array,
): Promise<void> {
  const steps = cStrides(axes.map(({ length }) => length))
  let [from, to] = [offset, 0]
  const box = axes.map(({ length, stride }, i): BoxAxis => {
    if (stride >= 0) return { length, from: stride, to: steps[i]! }
    from += stride * (length - 1) * itemBytes
    to += steps[i]! * (length - 1)
    return { length, from: -stride, to: -steps[i]! }
  })
  await gather(source, from, box, itemBytes, target, to)
}

/** Counts up like an odometer; false once it is back at zero. */
function advance(index: number[], axes: readonly Axis[]): boolean {
  for (let axis = index.length - 1; axis >= 0; axis--) {
    index[axis]!++
    if (index[axis]! < axes[axis]!.length) return true
    index[axis] = 0
  }
  return false
}
