/** Values at which sizes and offsets overflow. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

type Change = (bytes: Uint8Array, random: () => number) => Uint8Array

const at = (bytes: Uint8Array, random: () => number) => Math.floor(random() * bytes.byteLength)

/** Ways to damage a file: each leaves most of it as it was, so that readers get far. */
const CHANGES: readonly Change[] = [
  // A bit.
  (bytes, random) => {
    bytes[at(bytes, random)]! ^= 1 << Math.floor(random() * 8)
    return bytes
  },
  // A byte.
  (bytes, random) => {
    bytes[at(bytes, random)] = Math.floor(random() * 256)
    return bytes
  },
  // A number of 2, 4 or 8 bytes.
  (bytes, random) => {
    const width = [2, 4, 8][Math.floor(random() * 3)]!
    const start = at(bytes, random)
    if (start + width > bytes.byteLength) return bytes
    const value = BigInt(EXTREMES[Math.floor(random() * EXTREMES.length)]!)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const little = random() < 0.8
    if (width === 2) view.setUint16(start, Number(value & 0xffffn), little)
    else if (width === 4) view.setUint32(start, Number(value), little)
    else view.setBigUint64(start, random() < 0.5 ? value : 2n ** 64n - 1n - value, little)
    return bytes
  },
  // Cut off.
  (bytes, random) => bytes.slice(0, at(bytes, random)),
  // A piece left out.
  (bytes, random) => {
    const start = at(bytes, random)
    const length = Math.floor(random() * 64)
    return joined(bytes.subarray(0, start), bytes.subarray(start + length))
  },
  // A piece twice.
  (bytes, random) => {
    const start = at(bytes, random)
    const end = Math.min(bytes.byteLength, start + Math.floor(random() * 64))
    return joined(bytes.subarray(0, end), bytes.subarray(start, end), bytes.subarray(end))
  },
  // A piece from elsewhere in the file.
  (bytes, random) => {
    const [from, to] = [at(bytes, random), at(bytes, random)]
    const length = Math.min(Math.floor(random() * 64), bytes.byteLength - Math.max(from, to))
    bytes.copyWithin(to, from, from + length)
    return bytes
  },
  // A digit of a text.
  (bytes, random) => {
    for (let i = at(bytes, random); i < bytes.byteLength; i++) {
      if (bytes[i]! < 0x30 || bytes[i]! > 0x39) continue
      bytes[i] = 0x30 + Math.floor(random() * 10)
      break
    }
    return bytes
  },
]

/** One to four changes, chosen by `random`; the given bytes stay as they are. */
export function mutated(original: Uint8Array, random: () => number): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(original)
  const times = 1 + Math.floor(random() * 4)
  for (let i = 0; i < times && bytes.byteLength > 0; i++)
    bytes = CHANGES[Math.floor(random() * CHANGES.length)]!(bytes, random)
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
