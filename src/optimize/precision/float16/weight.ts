import type { OnnxTensor } from '../../../formats/index.ts'
import { weightPasses } from '../../../kernels/index.ts'
import { checkFinite, floatsOf } from '../floats.ts'

type Half = 'float16' | 'bfloat16'

/** A float32 tensor as halves, computed when it is read; others as they are. Throws OPTIMIZE_UNSUPPORTED then for NaN. */
export function halfTensor(tensor: OnnxTensor, dtype: Half = 'float16'): OnnxTensor {
  if (tensor.dtype !== 'float32') return tensor
  return { ...tensor, dtype, data: () => halves(tensor, dtype) }
}

async function* halves(tensor: OnnxTensor, dtype: Half): AsyncGenerator<Uint8Array, void> {
  const passes = weightPasses()
  let room = new Uint16Array()
  for await (const numbers of floatsOf(tensor)) {
    if (numbers.length === 0) continue
    const [least, greatest] = passes.range(numbers)
    // −Infinity is a mask in many graphs, and both have it.
    if (Number.isNaN(least)) checkFinite(tensor, least, greatest)
    if (room.length < numbers.length) room = new Uint16Array(numbers.length)
    passes[dtype](numbers, room.subarray(0, numbers.length))
    yield new Uint8Array(room.buffer, 0, 2 * numbers.length)
  }
}
