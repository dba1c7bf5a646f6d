import type { Int8Grid } from '../../../kernels/index.ts'

/** How weights are laid on 256 places. */
export interface WeightType {
  readonly dtype: 'int8' | 'uint8'
  /** One bit less: for CPUs whose sums of two products stop at 16 bits (before VNNI). */
  readonly reduced: boolean
}

/** The smallest normal float32. */
const TINY = 2 ** -126

/** int8 lies around 0, uint8 from the least to the greatest. */
function ends({ dtype, reduced }: WeightType): { readonly least: number; readonly greatest: number } {
  if (dtype === 'int8') return reduced ? { least: -64, greatest: 64 } : { least: -127, greatest: 127 }
  return reduced ? { least: 0, greatest: 127 } : { least: 0, greatest: 255 }
}

/**
 * The grid for numbers from `low` to `high`, as onnxruntime computes it (quant_utils.py, compute_scale_zp): 0 is
 * always a place; the scale is computed in float64 and kept as float32. The clipping ends are those of the type.
 */
export function gridOf(low: number, high: number, type: WeightType): Int8Grid {
  const { least, greatest } = ends(type)
  const symmetric = type.dtype === 'int8'
  let [from, to] = [Math.min(low, 0), Math.max(high, 0)]
  if (symmetric) {
    to = Math.max(-from, to)
    from = -to
  }
  const scale = (to - from) / (greatest - least)
  const clip = symmetric ? { least: -128, greatest: 127 } : { least: 0, greatest: 255 }
  if (scale < TINY) return { scale: 1, zeroPoint: 0, ...clip }
  const zeroPoint = symmetric ? 0 : roundHalfEven(least - from / scale)
  return { scale: Math.fround(scale), zeroPoint, ...clip }
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
