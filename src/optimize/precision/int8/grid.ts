import type { Int8Grid } from '../../../kernels/index.ts'

/** How weights are laid on 256 places. */
export interface WeightType {
  readonly dtype: 'int8' | 'uint8'
  /** One bit less: for CPUs whose sums of two products stop at 16 bits (before VNNI). */
  readonly reduced: boolean
}

export interface GridType extends WeightType {
  /** From −m to m, m the largest magnitude; default: int8 is, and uint8 goes from the least to the greatest. */
  readonly symmetric?: boolean
}

/** The smallest normal float32. */
const TINY = 2 ** -126

function ends(
  { dtype, reduced }: WeightType,
  symmetric: boolean,
): readonly [least: number, greatest: number] {
  if (dtype === 'uint8') return [0, reduced ? 127 : 255]
  return reduced ? [-64, 64] : [symmetric ? -127 : -128, 127]
}

/**
 * The grid for numbers from `low` to `high`, as onnxruntime computes it (quant_utils.py, compute_scale_zp): 0 is
 * always a place; the scale is computed in float64 and kept as float32. The clipping ends are those of the type.
 */
export function gridOf(low: number, high: number, type: GridType): Int8Grid {
  const { dtype, symmetric = dtype === 'int8' } = type
  const [least, greatest] = ends(type, symmetric)
  let [from, to] = [Math.min(low, 0), Math.max(high, 0)]
  if (symmetric) {
    to = Math.max(-from, to)
    from = -to
  }
  const scale = (to - from) / (greatest - least)
  const clip = dtype === 'int8' ? { least: -128, greatest: 127 } : { least: 0, greatest: 255 }
  if (scale < TINY) return { scale: 1, zeroPoint: 0, ...clip }
  // The middle of uint8 is 127.5, whose even neighbour is 128.
  const zeroPoint = roundHalfEven(symmetric ? (least + greatest) / 2 : least - from / scale)
  return { scale: Math.fround(scale), zeroPoint, ...clip }
}

export function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
