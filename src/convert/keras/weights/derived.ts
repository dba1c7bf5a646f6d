import type { OnnxTensor } from '../../../formats/index.ts'
import { readWeight } from '../../graph/weights.ts'

const made = new WeakMap<OnnxTensor, Map<string, OnnxTensor>>()

/**
 * A float32 weight that is computed from others when the model is written; they are held in memory meanwhile. `way` tells
 * apart what is made of the same weights: asked for twice, it is the same weight.
 */
export function derived(
  from: readonly [OnnxTensor, ...OnnxTensor[]],
  way: string,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  compute: (...elements: Float32Array[]) => Float32Array,
): OnnxTensor {
  const ways = made.get(from[0]) ?? new Map<string, OnnxTensor>()
  made.set(from[0], ways)
  const key = JSON.stringify([way, shape, from.map(tensor => tensor.name)])
  const known = ways.get(key)
  if (known) return known
  const tensor: OnnxTensor = { name, dtype: 'float32', shape, data: () => pieces(from, compute) }
  ways.set(key, tensor)
  return tensor
}

async function* pieces(
  from: readonly OnnxTensor[],
  compute: (...elements: Float32Array[]) => Float32Array,
): AsyncGenerator<Uint8Array> {
  const elements: Float32Array[] = []
  for (const tensor of from) elements.push(await floatsOf(tensor))
  const result = compute(...elements)
  yield new Uint8Array(result.buffer, result.byteOffset, result.byteLength)
}

/** The elements of a float32, float16 or float64 weight. */
export async function floatsOf(tensor: OnnxTensor): Promise<Float32Array> {
  const { buffer } = await readWeight(tensor)
  if (tensor.dtype === 'float32') return new Float32Array(buffer)
  if (tensor.dtype === 'float16') return Float32Array.from(new Float16Array(buffer))
  if (tensor.dtype === 'float64') return Float32Array.from(new Float64Array(buffer))
  throw new TypeError(`Weights of ${tensor.dtype} are not computed with`)
}
