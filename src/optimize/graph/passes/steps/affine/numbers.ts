import { elementCount } from '../../../../../core/index.ts'
import type { OnnxTensor } from '../../../../../formats/index.ts'
import { OptimizeError } from '../../../../errors.ts'
import { bytesOf, floatsOf } from '../../../../precision/floats.ts'
import type { Layout, Numbers } from './types.ts'

/** All numbers of a small float32 constant. */
export function numbersOf(tensor: OnnxTensor): Numbers {
  return async () => {
    const numbers = new Float64Array(elementCount(tensor.shape))
    let at = 0
    for await (const piece of floatsOf(tensor)) {
      if (at + piece.length > numbers.length) break
      numbers.set(piece, at)
      at += piece.length
    }
    if (at !== numbers.length)
      throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
        message: `The constant '${tensor.name}' has other than ${numbers.length} numbers`,
        hint: 'The file is cut off, or its shape is wrong: export the model again.',
      })
    return numbers
  }
}

/** One by one; a single number goes with every one of the other's. */
export function combined(a: Numbers, b: Numbers, combine: (x: number, y: number) => number): Numbers {
  return async () => {
    const [xs, ys] = [await a(), await b()]
    return Float64Array.from({ length: Math.max(xs.length, ys.length) }, (_, i) =>
      combine(xs[xs.length === 1 ? 0 : i]!, ys[ys.length === 1 ? 0 : i]!),
    )
  }
}

export function mapped(numbers: Numbers, change: (x: number) => number): Numbers {
  return async () => (await numbers()).map(change)
}

/** As one float32 for each channel. */
export function asChannels(numbers: Numbers, channels: number): Pick<OnnxTensor, 'dtype' | 'shape' | 'data'> {
  return {
    dtype: 'float32',
    shape: [channels],
    async *data() {
      const all = await numbers()
      yield bytesOf(Float32Array.from({ length: channels }, (_, i) => all[all.length === 1 ? 0 : i]!))
    },
  }
}

/** A weight with the channels of what it gives scaled, piece by piece while it is read. */
export function scaled(
  weight: OnnxTensor,
  { run, channelOf }: Layout,
  scale: Numbers,
): Pick<OnnxTensor, 'dtype' | 'shape' | 'data'> {
  return {
    dtype: 'float32',
    shape: weight.shape,
    async *data() {
      const factors = await scale()
      const factorOf = (row: number) => factors[factors.length === 1 ? 0 : channelOf(row)]!
      let at = 0
      for await (const piece of floatsOf(weight)) {
        const out = new Float32Array(piece.length)
        for (let from = 0; from < piece.length; ) {
          const row = Math.floor((at + from) / run)
          const to = Math.min(piece.length, (row + 1) * run - at)
          const factor = factorOf(row)
          for (let i = from; i < to; i++) out[i] = piece[i]! * factor
          from = to
        }
        at += piece.length
        yield bytesOf(out)
      }
    },
  }
}
