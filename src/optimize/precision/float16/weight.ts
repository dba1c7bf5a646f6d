import type { OnnxTensor } from '../../../formats/index.ts'
import { weightPasses } from '../../../kernels/index.ts'
import { checkFinite, floatsOf } from '../floats.ts'

/** A float32 tensor as float16, computed when it is read; others as they are. Throws OPTIMIZE_UNSUPPORTED then for NaN. */
export function halfTensor(tensor: OnnxTensor): OnnxTensor {
  if (tensor.dtype !== 'float32') return tensor
  return { ...tensor, dtype: 'float16', data: () => halves(tensor) }
}

async function* halves(tensor: OnnxTensor): AsyncGenerator<Uint8Array, void> {
  const passes = weightPasses()
  for await (const numbers of floatsOf(tensor)) {
    if (numbers.length === 0) continue
    const [least, greatest] = passes.range(numbers)
    // −Infinity is a mask in many graphs, and float16 has it.
    if (Number.isNaN(least)) checkFinite(tensor, least, greatest)
    const target = new Uint16Array(numbers.length)
    passes.float16(numbers, target)
    yield new Uint8Array(target.buffer)
  }
}
