export const BLOCK_BYTES = 512

/** One header as it stands there: POSIX ustar, GNU's and the oldest kind alike. */
export interface TarHeader {
  readonly name: Uint8Array
  readonly size: number
  /** One character: `0` file, `5` folder, `2` symbolic link, `x` attributes of the next … */
  readonly type: string
  readonly target: Uint8Array
}

/** Whether a block begins a tar archive: its checksum is right, and it is not all zeros. */
export function isTarHeader(block: Uint8Array): boolean {
  return parseHeader(block) !== undefined
}

/** Undefined for a block whose checksum or size is none. */
export function parseHeader(block: Uint8Array): TarHeader | undefined {
  if (block.byteLength < BLOCK_BYTES) return undefined
  const stated = numberOf(block.subarray(148, 156))
  // As bytes without sign, and as old programs computed it, with.
  let [sum, signed] = [0, 0]
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!
    sum += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  if (stated === undefined || stated === 0 || (stated !== sum && stated !== signed)) return undefined
  const size = numberOf(block.subarray(124, 136))
  if (size === undefined) return undefined
  const posix = Buffer.from(block.subarray(257, 263)).toString('latin1') === 'ustar\0'
  const name = textOf(block.subarray(0, 100))
  const prefix = posix ? textOf(block.subarray(345, 500)) : new Uint8Array(0)
  return {
    name: prefix.byteLength > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name,
    size,
    type: String.fromCharCode(block[156]!),
    target: textOf(block.subarray(157, 257)),
  }
}

/** Octal digits; GNU writes large ones in base 256, marked by the first bit. */
function numberOf(field: Uint8Array): number | undefined {
  const first = field[0]!
  if (first >= 0x80) {
    if (first !== 0x80) return undefined
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const text = Buffer.from(field)
    .toString('latin1')
    .replaceAll(/[\0 ]+$|^[ ]+/g, '')
  if (text === '') return 0
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined
}

/** Up to the first NUL. */
function textOf(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}
