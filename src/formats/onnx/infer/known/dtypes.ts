import type { OnnxDtype } from '../../types.ts'
import type { Element } from '../values.ts'

/** Of int64 what a number holds exactly: beyond it nothing is told. */
const RANGES: Readonly<Partial<Record<OnnxDtype, readonly [low: number, high: number]>>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
}

export function isInteger(dtype: OnnxDtype): boolean {
  return Object.hasOwn(RANGES, dtype)
}

/** Sizes are int64, and int32 where TensorFlow counts them so: of these, names of free axes may be elements. */
export function isSizes(dtype: OnnxDtype): boolean {
  return dtype === 'int64' || dtype === 'int32'
}

/** The element of a type that a number rounds to; null where it has none, or more digits than a number. */
export function rounded(dtype: OnnxDtype, x: number): Element {
  if (dtype === 'float32') return Math.fround(x)
  if (dtype === 'float64') return x
  if (dtype === 'float16') return Math.f16round(x)
  if (dtype === 'bool') return x === 0 ? 0 : 1
  const range = RANGES[dtype]
  if (!range || !Number.isInteger(x)) return null
  return x >= range[0] && x <= range[1] ? x + 0 : null
}
