import type { OnnxDtype } from '../../../../formats/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'

/** From the narrowest: of two types, Keras computes in the later. */
const WIDTHS: readonly OnnxDtype[] = [
  'bool',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
]

/** Tensors in the one type that Keras gives what is made of them. */
export function commonType(b: Emitter, inputs: readonly Carried[]): readonly Carried[] {
  const widths = inputs.map(({ dtype }) => WIDTHS.indexOf(dtype))
  const odd = widths.findIndex(width => width < 0)
  if (odd >= 0 && inputs.some(({ dtype }) => dtype !== inputs[0]!.dtype))
    throw new Refusal(`a merge of ${inputs[odd]!.dtype} and another type`)
  const widest = WIDTHS[Math.max(...widths)] ?? inputs[0]!.dtype
  return inputs.map(input => withMask(cast(b, input, widest), input.mask))
}

/** Tensors of one rank: Keras adds axes behind the batch. */
export function commonRank(b: Emitter, inputs: readonly Carried[]): readonly Carried[] {
  const ranks = inputs.map(input => shapeOf(input).length)
  const most = Math.max(...ranks)
  return inputs.map((input, i) => {
    const axes = Array.from({ length: most - ranks[i]! }, (_, axis) => axis + 1)
    return axes.length === 0 ? input : withMask(b.op('Unsqueeze', [input, b.ints(axes)]), input.mask)
  })
}

export function withMask(value: Value, mask: Value | undefined): Carried {
  return mask ? { ...value, mask } : value
}

/** Since Keras 3.4 a step counts where it does in one of the tensors; before, where it does in all that have masks. */
export function countsInOne({ minor }: LayerCall): boolean {
  return minor >= 4
}
