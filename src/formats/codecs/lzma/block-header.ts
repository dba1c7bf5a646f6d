import { crc32 } from 'node:zlib'
import type { Failures, Place } from '../../errors.ts'
import { MAX_DICTIONARY } from './limits.ts'
import { parseVli } from './vli.ts'

export interface BlockHeader {
  readonly packedSize: number | undefined
  readonly size: number | undefined
  readonly dictionary: number
  /** Distances of delta filters, in the order in which they were applied. */
  readonly deltas: readonly number[]
}

const LZMA2 = 0x21
const DELTA = 0x03

/** Filters that rewrite the addresses in machine code: nothing that a model's weights gain from. */
const MACHINE_CODE: ReadonlyMap<number, string> = new Map([
  [0x04, 'x86'],
  [0x05, 'PowerPC'],
  [0x06, 'IA-64'],
  [0x07, 'ARM'],
  [0x08, 'ARM-Thumb'],
  [0x09, 'SPARC'],
  [0x0a, 'ARM64'],
  [0x0b, 'RISC-V'],
])

/** The header of a block (.xz file format 1.1.0, 3.1), whole. Throws FORMAT_MALFORMED, _UNSUPPORTED or _LIMIT. */
export function readBlockHeader(bytes: Uint8Array, place: Place, fail: Failures): BlockHeader {
  const end = bytes.byteLength - 4
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(end, true) !== crc32(bytes.subarray(0, end)))
    throw fail.malformed(place, "the block's header does not match its checksum")
  const flags = bytes[1]!
  if ((flags & 0x3c) !== 0) throw fail.unsupported(place, `the block's flags ${flags} are not defined`)
  let at = 2
  const next = (): number => {
    const found = parseVli(bytes.subarray(0, end), at)
    if (!found) throw fail.malformed(place, "a number in the block's header is none")
    at = found.next
    return found.value
  }
  const packedSize = (flags & 0x40) !== 0 ? next() : undefined
  const size = (flags & 0x80) !== 0 ? next() : undefined
  const deltas: number[] = []
  let dictionary: number | undefined
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const id = next()
    const length = next()
    const last = filter === (flags & 3)
    const value = at < end ? bytes[at]! : 0
    at += length
    checkFilter(id, last, place, fail)
    if (length !== 1 || at > end)
      throw fail.malformed(place, `a filter has ${length} bytes of properties, expected 1`)
    if (id === DELTA) deltas.push(value + 1)
    else dictionary = dictionarySize(value, place, fail)
  }
  if (bytes.subarray(at, end).some(byte => byte !== 0))
    throw fail.malformed(place, "the block's header is not filled up with zeros")
  return { packedSize, size, dictionary: dictionary!, deltas }
}

function checkFilter(id: number, last: boolean, place: Place, fail: Failures): void {
  const machine = MACHINE_CODE.get(id)
  if (machine)
    throw fail.unsupported(
      place,
      `it went through the filter for ${machine} machine code, which is not read`,
      {
        hint: 'Compress it again without that filter.',
      },
    )
  if (id !== LZMA2 && id !== DELTA)
    throw fail.unsupported(place, `it went through the filter 0x${id.toString(16)}, which is not known`)
  if (last !== (id === LZMA2)) throw fail.malformed(place, 'the last filter must be LZMA2, and only it')
}

/** 2^n or 2^n + 2^(n-1), by a number up to 40. */
function dictionarySize(value: number, place: Place, fail: Failures): number {
  if (value > 40) throw fail.malformed(place, `${value} is no size of a dictionary`)
  const size = value === 40 ? 2 ** 32 - 1 : (2 | (value & 1)) * 2 ** (Math.floor(value / 2) + 11)
  if (size <= MAX_DICTIONARY) return size
  throw fail.limit(place, `a dictionary of ${size} bytes is asked for; the limit is ${MAX_DICTIONARY}`, {
    hint: 'Compress it again with xz -9 or less.',
  })
}
