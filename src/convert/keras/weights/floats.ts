import type { OnnxDtype } from '../../../formats/index.ts'

/** Numbers of a piece of a tensor, as they lie in it. */
const READ: Readonly<Partial<Record<OnnxDtype, (bytes: Uint8Array<ArrayBuffer>) => ArrayLike<number>>>> = {
  float32: ({ buffer }) => new Float32Array(buffer),
  float64: ({ buffer }) => new Float64Array(buffer),
  float16: ({ buffer }) => new Float16Array(buffer),
  bfloat16: ({ buffer }) => bfloats(new Uint16Array(buffer)),
  uint8: bytes => bytes,
  int8: ({ buffer }) => new Int8Array(buffer),
  uint16: ({ buffer }) => new Uint16Array(buffer),
  int16: ({ buffer }) => new Int16Array(buffer),
  int32: ({ buffer }) => new Int32Array(buffer),
}

const WRITE = {
  float32: (numbers: ArrayLike<number>) => Float32Array.from(numbers),
  float64: (numbers: ArrayLike<number>) => Float64Array.from(numbers),
  float16: (numbers: ArrayLike<number>) => Float16Array.from(numbers),
} as const

export type ComputeDtype = keyof typeof WRITE

/** bfloat16 is the upper half of a float32. */
function bfloats(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  return new Float32Array(words.buffer)
}

export function isReadable(dtype: OnnxDtype): boolean {
  return Object.hasOwn(READ, dtype)
}

/** (stored − zero) · scale, piece by piece. */
export async function* recoded(
  pieces: AsyncIterable<Uint8Array>,
  from: OnnxDtype,
  to: ComputeDtype,
  affine?: { readonly scale: number; readonly zero: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    // A copy of its own: views of numbers need an offset that fits, and a reader may use its memory again.
    const read = READ[from]!(Uint8Array.from(piece))
    const numbers = affine ? Float64Array.from(read, x => (x - affine.zero) * affine.scale) : read
    const { buffer, byteOffset, byteLength } = WRITE[to](numbers)
    yield new Uint8Array(buffer, byteOffset, byteLength)
  }
}
