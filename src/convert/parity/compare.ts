import type { Dtype, Tensor } from '../../core/index.ts'
import type { OutputParity, Tolerance } from './types.ts'

/**
 * How far an answer may be from the original's. What is computed in another order differs in the last bits, more so
 * where a type has few of them; whole numbers and texts are equal or wrong.
 */
const TOLERANCES: Readonly<Partial<Record<Dtype, Tolerance>>> = {
  float64: { rtol: 1e-5, atol: 1e-7 },
  float32: { rtol: 1e-4, atol: 1e-5 },
  float16: { rtol: 1e-2, atol: 1e-3 },
  bfloat16: { rtol: 5e-2, atol: 1e-2 },
}
const EXACT: Tolerance = { rtol: 0, atol: 0 }

/** The looser of both types': an answer in float32 can't be held to what float64 has. `relative` replaces rtol. */
export function toleranceOf(actual: Dtype, expected: Dtype, relative?: number): Tolerance {
  const [a, b] = [TOLERANCES[actual], TOLERANCES[expected]]
  if (!a || !b) return EXACT
  if (relative !== undefined) return { rtol: relative, atol: relative / 10 }
  return { rtol: Math.max(a.rtol, b.rtol), atol: Math.max(a.atol, b.atol) }
}

/** Compares one output, element by element. Whole numbers of any width compare by their value. */
export function compareOutput(
  name: string,
  actual: Tensor,
  expected: Tensor,
  { rtol, atol }: Tolerance,
): OutputParity {
  const base = { name, dtype: actual.dtype, elements: expected.data.length, rtol, atol }
  if (actual.shape.join() !== expected.shape.join()) {
    const shapes = { expected: expected.shape, actual: actual.shape }
    return { ...base, mismatches: expected.data.length, absolute: 0, relative: 0, shapes }
  }
  let [mismatches, absolute, relative] = [0, 0, 0]
  let first: OutputParity['first']
  const at = readerOf(actual)
  const wanted = readerOf(expected)
  for (let i = 0; i < expected.data.length; i++) {
    const [x, y] = [at(i), wanted(i)]
    if (x === y || Object.is(x, y)) continue
    // Text beside a number, or a NaN or an infinity on one side only, is beyond any tolerance.
    const error = typeof x === 'number' && typeof y === 'number' ? Math.abs(x - y) : Number.NaN
    if (Number.isFinite(error)) {
      absolute = Math.max(absolute, error)
      if (Math.abs(Number(y)) > atol) relative = Math.max(relative, error / Math.abs(Number(y)))
      if (error <= atol + rtol * Math.abs(Number(y))) continue
    }
    mismatches++
    first ??= { index: i, expected: String(y).slice(0, 80), actual: String(x).slice(0, 80) }
  }
  return { ...base, mismatches, absolute, relative, ...(first && { first }) }
}

/** Integers beyond 2^53 compare as text, so that none is rounded. */
function readerOf({ dtype, data }: Tensor): (i: number) => number | string {
  if (dtype === 'float16' && data instanceof Uint16Array) {
    const halves = new Float16Array(data.buffer, data.byteOffset, data.length)
    return i => halves[i]!
  }
  if (dtype === 'bfloat16' && data instanceof Uint16Array) {
    const bits = Uint32Array.from(data, half => half << 16)
    const floats = new Float32Array(bits.buffer)
    return i => floats[i]!
  }
  return i => {
    const value = data[i]!
    if (typeof value !== 'bigint') return value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
}
