import type { Dtype } from '../../core/index.ts'
import { failing } from '../errors.ts'

/** How elements lie in the file. */
export type Elements =
  | {
      readonly kind: 'numbers'
      readonly dtype: Exclude<Dtype, 'string'>
      readonly bytes: number
      readonly swap: boolean
    }
  /** `U`: fixed length, 4 bytes a character, padded with zeros. */
  | { readonly kind: 'unicode'; readonly bytes: number; readonly littleEndian: boolean }
  /** `S`: fixed length, padded with zeros, read as UTF-8. */
  | { readonly kind: 'bytes'; readonly bytes: number }

const NUMBERS: ReadonlyMap<string, Exclude<Dtype, 'string'>> = new Map([
  ['b1', 'bool'],
  ['u1', 'uint8'],
  ['i1', 'int8'],
  ['u2', 'uint16'],
  ['i2', 'int16'],
  ['u4', 'uint32'],
  ['i4', 'int32'],
  ['u8', 'uint64'],
  ['i8', 'int64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
])

const REFUSED: Readonly<Record<string, string>> = {
  O: 'Python objects, which are stored as a pickle: a program, and never run here',
  c: 'complex numbers',
  M: 'dates',
  m: 'time spans',
  V: 'raw records',
  f: 'floats of a size without a counterpart here',
}

/** What a `descr` such as `<f4` means. Throws NPY_UNSUPPORTED, with the reason. */
export function elementsOf(descr: string, name: string): Elements {
  const match = /^([<>|=])?([a-zA-Z])(\d{0,9})(\[.*\])?$/.exec(descr)
  const [, order = '|', kind = '', digits = ''] = match ?? []
  const size = Number(digits || '0')
  const dtype = NUMBERS.get(`${kind}${digits}`)
  if (dtype) return { kind: 'numbers', dtype, bytes: size, swap: order === '>' && size > 1 }
  if (kind === 'U' && size > 0) return { kind: 'unicode', bytes: size * 4, littleEndian: order !== '>' }
  if (kind === 'S' && size > 0) return { kind: 'bytes', bytes: size }
  const why = Object.hasOwn(REFUSED, kind) ? REFUSED[kind] : `elements of the type '${descr}'`
  throw failing(
    'NPY_UNSUPPORTED',
    'Convert it to plain numbers or strings (`array.astype(...)`) and save it again.',
  )(`${name} holds ${why}`, { details: { descr } })
}

/** Reverses the bytes of each element, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (size === 2) buffer.swap16()
  else if (size === 4) buffer.swap32()
  else if (size === 8) buffer.swap64()
}

/** Strings of fixed length; trailing zeros are padding. */
export function decodeStrings(bytes: Uint8Array, elements: Exclude<Elements, { kind: 'numbers' }>): string[] {
  const count = bytes.byteLength / elements.bytes
  const utf8 = new TextDecoder()
  return Array.from({ length: count }, (_, i) => {
    const one = bytes.subarray(i * elements.bytes, (i + 1) * elements.bytes)
    if (elements.kind === 'unicode') return decodeUcs4(one, elements.littleEndian)
    let end = one.length
    while (end > 0 && one[end - 1] === 0) end--
    return utf8.decode(one.subarray(0, end))
  })
}

function decodeUcs4(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const points: number[] = []
  for (let at = 0; at < bytes.length; at += 4) {
    const point = view.getUint32(at, littleEndian)
    points.push(point > 0x10ffff ? 0xfffd : point)
  }
  while (points.at(-1) === 0) points.pop()
  return points.map(point => String.fromCodePoint(point)).join('')
}
