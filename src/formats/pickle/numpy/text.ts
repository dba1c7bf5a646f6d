import { type ByteSource, elementCount } from '../../../core/index.ts'
import { fail, MAX_EMPTY_TEXTS } from '../limits.ts'
import { readArray } from './read.ts'
import type { NumpyArray } from './types.ts'

/** The elements of an array of fixed-length text, in C order: `U` is UCS-4, `S` is read as UTF-8; zeros pad both. */
export async function* readArrayText(source: ByteSource, array: NumpyArray): AsyncGenerator<string, void> {
  const { itemBytes, text } = array.dtype
  const decode = text === 'ucs4' ? fromUcs4 : fromBytes
  if (itemBytes === 0) {
    const count = elementCount(array.shape)
    if (count > MAX_EMPTY_TEXTS)
      throw fail.limit({ name: source.name }, `an array says that it has ${count} texts of no bytes`)
    for (let i = 0; i < count; i++) yield ''
    return
  }
  for await (const piece of readArray(source, array))
    for (let at = 0; at < piece.byteLength; at += itemBytes) yield decode(piece.subarray(at, at + itemBytes))
}

function fromUcs4(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = bytes.byteLength
  while (end > 0 && view.getUint32(end - 4, true) === 0) end -= 4
  const characters: string[] = []
  for (let at = 0; at < end; at += 4) {
    const point = view.getUint32(at, true)
    characters.push(point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point))
  }
  return characters.join('')
}

const UTF8 = new TextDecoder()

function fromBytes(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return UTF8.decode(bytes.subarray(0, end))
}
