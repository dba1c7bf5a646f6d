import type { FormatsError, Place } from '../../errors.ts'
import type { Page } from '../file/pages.ts'
import type { Leaf, Physical } from '../file/schema.ts'
import { fail, MAX_PAGE_BYTES } from '../limits.ts'
import { readDelta, readDeltaLengths, readDeltaTexts } from './delta.ts'
import { readHybrid } from './rle.ts'

/** Values that are there, without the nulls: numbers little-endian and one behind the other, or texts. */
export type Values =
  | { readonly kind: 'fixed'; readonly bytes: Uint8Array; readonly width: number; readonly count: number }
  | { readonly kind: 'texts'; readonly texts: readonly Uint8Array[]; readonly count: number }

/** Encodings, by their numbers (parquet.thrift, Encoding). */
const PLAIN = 0
const PLAIN_DICTIONARY = 2
const RLE = 3
const DELTA_BINARY_PACKED = 5
const DELTA_LENGTH = 6
const DELTA_TEXT = 7
const RLE_DICTIONARY = 8
const STREAM_SPLIT = 9

const WIDTHS: Readonly<Record<Exclude<Physical, 'fixed' | 'bytes'>, number>> = {
  boolean: 1,
  int32: 4,
  int64: 8,
  int96: 12,
  float: 4,
  double: 8,
}

/** Bytes of one value; undefined for texts. */
export function widthOf(leaf: Leaf): number | undefined {
  if (leaf.physical === 'bytes') return undefined
  return leaf.physical === 'fixed' ? leaf.length : WIDTHS[leaf.physical]
}

/** The `count` values of a page. Throws FORMAT_MALFORMED or FORMAT_UNSUPPORTED. */
export function readValues(page: Page, leaf: Leaf, count: number, dictionary: Values | undefined): Values {
  const { encoding, bytes, place } = page
  const width = widthOf(leaf)
  const dictionaryPage = page.kind === 'dictionary'
  let found: Values | undefined
  if (encoding === PLAIN || (dictionaryPage && encoding === PLAIN_DICTIONARY))
    found = readPlain(bytes, leaf, count)
  else if (encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY)
    found = lookUp(bytes, count, dictionary, place)
  else if (encoding === RLE && leaf.physical === 'boolean')
    found = booleans(readHybrid(bytes.subarray(4), 1, count))
  else if (encoding === DELTA_BINARY_PACKED && (width === 4 || width === 8))
    found = readWhole(bytes, count, width)
  else if (encoding === DELTA_LENGTH && width === undefined)
    found = textsOf(readDeltaLengths(bytes, 0, count), undefined)
  else if (encoding === DELTA_TEXT && (width === undefined || leaf.physical === 'fixed'))
    found = textsOf(readDeltaTexts(bytes, count, MAX_PAGE_BYTES), width)
  else if (encoding === STREAM_SPLIT && width !== undefined) found = unsplit(bytes, count, width)
  else throw fail.unsupported(place, `the encoding ${encoding} of ${leaf.physical} is not read`)
  if (!found || found.count !== count) throw broken(place, count)
  return found
}

function readPlain(bytes: Uint8Array, leaf: Leaf, count: number): Values | undefined {
  const width = widthOf(leaf)
  if (width === undefined) return readTexts(bytes, count)
  if (leaf.physical === 'boolean') {
    if (Math.ceil(count / 8) > bytes.byteLength) return undefined
    const out = new Uint8Array(count)
    for (let index = 0; index < count; index++) out[index] = (bytes[index >> 3]! >> (index & 7)) & 1
    return { kind: 'fixed', bytes: out, width: 1, count }
  }
  if (count * width > bytes.byteLength) return undefined
  return { kind: 'fixed', bytes: bytes.subarray(0, count * width), width, count }
}

function readTexts(bytes: Uint8Array, count: number): Values | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: Uint8Array[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + 4 > bytes.byteLength) return undefined
    const length = view.getUint32(at, true)
    at += 4
    if (length > bytes.byteLength - at) return undefined
    texts.push(bytes.subarray(at, at + length))
    at += length
  }
  return { kind: 'texts', texts, count }
}

function lookUp(
  bytes: Uint8Array,
  count: number,
  dictionary: Values | undefined,
  place: Place,
): Values | undefined {
  if (!dictionary) throw fail.malformed(place, 'a page refers to a dictionary, and there is none')
  const width = bytes[0] ?? 0
  const indices = width <= 32 ? readHybrid(bytes.subarray(1), width, count) : undefined
  if (!indices) return undefined
  const { length } = indices
  for (let index = 0; index < length; index++)
    if (indices[index]! >= dictionary.count)
      throw fail.malformed(
        place,
        `a page refers to entry ${indices[index]} of a dictionary of ${dictionary.count}`,
      )
  if (dictionary.kind === 'texts') {
    const texts: Uint8Array[] = []
    for (const index of indices) texts.push(dictionary.texts[index]!)
    return { kind: 'texts', texts, count }
  }
  const size = dictionary.width
  if (count * size > MAX_PAGE_BYTES)
    throw fail.limit(place, `a page unpacks to more than ${MAX_PAGE_BYTES} bytes`)
  const out = new Uint8Array(count * size)
  for (let index = 0, to = 0; index < length; index++) {
    const from = indices[index]! * size
    for (let byte = 0; byte < size; byte++) out[to++] = dictionary.bytes[from + byte]!
  }
  return { kind: 'fixed', bytes: out, width: size, count }
}

function booleans(bits: Uint32Array | undefined): Values | undefined {
  return bits && { kind: 'fixed', bytes: Uint8Array.from(bits), width: 1, count: bits.length }
}

function readWhole(bytes: Uint8Array, count: number, width: 4 | 8): Values | undefined {
  const found = readDelta(bytes, 0, count)
  if (!found) return undefined
  const { values } = found
  if (width === 8) return { kind: 'fixed', bytes: new Uint8Array(values.buffer), width, count: values.length }
  const narrow = new Int32Array(values.length)
  for (let index = 0; index < values.length; index++)
    narrow[index] = Number(BigInt.asIntN(32, values[index]!))
  return { kind: 'fixed', bytes: new Uint8Array(narrow.buffer), width, count: values.length }
}

function textsOf(texts: readonly Uint8Array[] | undefined, width: number | undefined): Values | undefined {
  if (!texts) return undefined
  if (width === undefined) return { kind: 'texts', texts, count: texts.length }
  if (texts.some(text => text.byteLength !== width)) return undefined
  return { kind: 'fixed', bytes: Buffer.concat(texts), width, count: texts.length }
}

/** The first bytes of all values, then their second ones, and so on. */
function unsplit(bytes: Uint8Array, count: number, width: number): Values | undefined {
  if (count * width !== bytes.byteLength) return undefined
  const out = new Uint8Array(bytes.byteLength)
  for (let byte = 0; byte < width; byte++)
    for (let index = 0; index < count; index++) out[index * width + byte] = bytes[byte * count + index]!
  return { kind: 'fixed', bytes: out, width, count }
}

function broken(place: Place, count: number): FormatsError {
  return fail.malformed(place, `a page does not hold its ${count} values`)
}
