import type { OnnxTensor } from '../../../formats/index.ts'
import type { Int8Grid } from '../../../kernels/index.ts'
import { bytesOf, checkFinite, floatsOf } from '../floats.ts'
import { roundHalfEven } from '../int8/grid.ts'

const LEAST = -(2 ** 31)
const GREATEST = 2 ** 31 - 1
/** Between the ends of int32, which are the same distance from 0. */
const WIDTH = 2 * GREATEST
/** What a scale is larger than it must be. */
const MARGIN = 1.0001

/** A bias as int32, whose zero point is 0 and whose scale is that of the products. */
export interface Int32Bias {
  readonly quantized: OnnxTensor
  readonly scale: OnnxTensor
  readonly zeroPoint: OnnxTensor
  /** How many scales there are. */
  readonly count: number
}

export interface BiasPlan {
  readonly name: string
  readonly input: () => Promise<Int8Grid>
  readonly weight: () => Promise<readonly Int8Grid[]>
  /** Scales of the weight. */
  readonly count: number
}

/** `name` + `_quantized`, and that + `_scale` and `_zero_point`, as onnxruntime computes them (quantize_bias_static). */
export function int32Bias(tensor: OnnxTensor, { name, input, weight, count }: BiasPlan): Int32Bias {
  let made: Promise<Float32Array> | undefined
  const scales = () => (made ??= scalesOf(input, weight))
  const quantized = `${name}_quantized`
  return {
    count,
    quantized: {
      name: quantized,
      dtype: 'int32',
      shape: tensor.shape,
      async *data() {
        const each = await scales()
        let at = 0
        for await (const numbers of floatsOf(tensor)) {
          const places = Int32Array.from(numbers, (number, i) =>
            placeOf(number, each[(at + i) % each.length]!),
          )
          at += numbers.length
          yield bytesOf(places)
        }
      },
    },
    scale: {
      name: `${quantized}_scale`,
      dtype: 'float32',
      shape: [count],
      async *data() {
        yield bytesOf(await scales())
      },
    },
    zeroPoint: {
      name: `${quantized}_zero_point`,
      dtype: 'int32',
      shape: count > 1 ? [count] : [],
      data: new Uint8Array(4 * count),
    },
  }
}

async function scalesOf(input: BiasPlan['input'], weight: BiasPlan['weight']): Promise<Float32Array> {
  const { scale } = await input()
  return Float32Array.from(await weight(), grid => scale * grid.scale)
}

function placeOf(number: number, scale: number): number {
  // Both are so small that their product is none: the bias is too.
  if (scale === 0) return 0
  return Math.min(Math.max(roundHalfEven(number / scale), LEAST), GREATEST)
}

/**
 * Grids of an int8 weight, wider where the bias would not fit int32 with the scale of the products
 * (_adjust_weight_scale_for_int32_bias). `input` is the scale of what the weight is multiplied by. A weight whose
 * zero points are not all 0 is left as it is. Throws OPTIMIZE_UNSUPPORTED for NaN and infinity in the bias.
 */
export async function widened(
  grids: readonly Int8Grid[],
  bias: OnnxTensor,
  input: number,
  perChannel: boolean,
): Promise<readonly Int8Grid[]> {
  if (grids.some(({ zeroPoint }) => zeroPoint !== 0)) return grids
  const magnitudes = await magnitudesOf(bias)
  // One scale: for the largest. Several: computed in float32, as numpy has it with a number and a literal.
  const least = perChannel
    ? Array.from(magnitudes, m => Math.fround(Math.fround(MARGIN) * Math.fround(2 * m)) / WIDTH)
    : [(MARGIN * (2 * magnitudes.reduce((most, m) => Math.max(most, m), 0))) / WIDTH]
  return grids.map((grid, i) => {
    const product = input * grid.scale
    const wanted = least[i] ?? 0
    return product > 0 && product < wanted
      ? { ...grid, scale: Math.fround(grid.scale * (wanted / product)) }
      : grid
  })
}

async function magnitudesOf(bias: OnnxTensor): Promise<Float32Array> {
  const magnitudes = new Float32Array(bias.shape.reduce((product, size) => product * size, 1))
  let at = 0
  for await (const numbers of floatsOf(bias))
    for (const number of numbers) {
      checkFinite(bias, number, number)
      magnitudes[at++] = Math.abs(number)
    }
  return magnitudes
}
