import { type ByteSource, DTYPES, type Dtype, elementCount } from '../../core/index.ts'
import { cStrides, fortranStrides, readStrided, type StridedView } from '../bytes/strided.ts'
import { swapInPlace } from '../bytes/swap.ts'
import { failing } from '../errors.ts'
import type { ReadOptions } from '../ports.ts'
import { type NpyDtype, type SwapRun, swapRunsOf } from './dtype.ts'
import type { NpyHeader } from './header.ts'

/** Elements of no bytes (`S0`) cost nothing in a file, and a loop each here. */
const MAX_EMPTY_ELEMENTS = 2 ** 24

const invalid = failing(
  'NPY_INVALID',
  'The file is truncated or has bytes appended: write or fetch it again.',
)

/** Throws NPY_INVALID unless a file is exactly as long as its header says. Not for objects. */
export function checkSize(source: ByteSource, { shape, type, dataOffset, descr }: NpyHeader): void {
  const elements = elementCount(shape)
  const expected = elements * type.itemBytes
  const found = source.size - dataOffset
  if (expected !== found) {
    const what = `${descr} [${shape.join(', ')}] takes ${expected} bytes`
    throw invalid(`${source.name}, byte ${dataOffset}: ${what}, and the file holds ${found}`, {
      details: { expected, found },
    })
  }
  if (type.itemBytes === 0 && elements > MAX_EMPTY_ELEMENTS)
    throw invalid(`${source.name} says it has ${elements} elements of no bytes`)
}

/** Rows `start` to `end` along the first axis, or all of an array. */
export function viewOf(header: NpyHeader, rows?: { start: number; end: number }): StridedView {
  const { shape, type, dataOffset, fortranOrder } = header
  const strides = fortranOrder ? fortranStrides(shape) : cStrides(shape)
  const { itemBytes } = type
  if (!rows) return { offset: dataOffset, shape, strides, itemBytes }
  const offset = dataOffset + rows.start * (strides[0] ?? 0) * itemBytes
  return { offset, shape: [rows.end - rows.start, ...shape.slice(1)], strides, itemBytes }
}

/** The elements of a view in C order, little-endian throughout: parts of records too. */
export async function* readElements(
  source: ByteSource,
  view: StridedView,
  type: NpyDtype,
  options?: ReadOptions,
): AsyncGenerator<Uint8Array, void> {
  if (!type.fields) {
    const swap = type.swapBytes !== undefined
    const plain = { ...view, swap, ...(type.swapBytes && { swapBytes: type.swapBytes }) }
    yield* readStrided(source, plain, undefined, options?.buffer)
    return
  }
  const runs = swapRunsOf(type, source.name)
  for await (const piece of readStrided(source, view))
    yield runs.length > 0 ? swapRecords(piece, type, runs) : piece
}

function swapRecords(piece: Uint8Array, { itemBytes }: NpyDtype, runs: readonly SwapRun[]): Uint8Array {
  const own = new Uint8Array(piece)
  for (let at = 0; at < own.byteLength; at += itemBytes)
    for (const { offset, unit, bytes } of runs)
      swapInPlace(own.subarray(at + offset, at + offset + bytes), unit)
  return own
}

/** Texts of fixed length, little-endian as `readElements` gives them; trailing zeros are padding. `S` is read as UTF-8. */
export function decodeTexts(bytes: Uint8Array, { text, itemBytes }: NpyDtype): string[] {
  const count = itemBytes === 0 ? 0 : bytes.byteLength / itemBytes
  const utf8 = new TextDecoder()
  return Array.from({ length: count }, (_, i) => {
    const one = bytes.subarray(i * itemBytes, (i + 1) * itemBytes)
    if (text === 'ucs4') return decodeUcs4(one)
    let end = one.length
    while (end > 0 && one[end - 1] === 0) end--
    return utf8.decode(one.subarray(0, end))
  })
}

function decodeUcs4(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = bytes.length
  while (end > 0 && view.getUint32(end - 4, true) === 0) end -= 4
  let text = ''
  for (let at = 0; at < end; at += 4) {
    const point = view.getUint32(at, true)
    text += String.fromCodePoint(point > 0x10ffff ? 0xfffd : point)
  }
  return text
}

/** The texts of a view, in C order. */
export async function* readTexts(
  source: ByteSource,
  view: StridedView,
  type: NpyDtype,
): AsyncGenerator<string, void> {
  if (type.itemBytes === 0) for (let i = elementCount(view.shape); i > 0; i--) yield ''
  for await (const piece of readElements(source, view, type)) yield* decodeTexts(piece, type)
}

/** Types that data sets and models' inputs have; undefined for others. */
export function plainDtype({ dtype }: NpyDtype): Dtype | undefined {
  return DTYPES.find(plain => plain === dtype)
}
