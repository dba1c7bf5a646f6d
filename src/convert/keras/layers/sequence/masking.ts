import type { Emitter, Value } from '../../../graph/types.ts'
import { isObject, type LayerConfig } from '../../config.ts'
import { cast, floating, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'

/** Masks steps whose features all are `mask_value`, and makes them zero. */
export function masking({ b, config, dtype, inputs: [given] }: LayerCall): readonly Carried[] {
  const x = floating(b, given, dtype)
  const value = maskValue(config)
  const differs = b.op('Not', [b.op('Equal', [x, b.scalar(x.dtype, value)])])
  const mask = anyOf(b, differs)
  const kept = b.op('Where', [b.op('Unsqueeze', [mask, b.ints([-1])]), x, b.scalar(x.dtype, 0)])
  return [{ ...kept, mask }]
}

/** A number, or one of numpy or TensorFlow as Keras serializes it. */
function maskValue(config: LayerConfig): number {
  const json = config.get('mask_value')
  const inner = isObject(json) && isObject(json['config']) ? json['config']['value'] : undefined
  return typeof inner === 'number' ? inner : config.number('mask_value', 0)
}

/** bool […, n] to […]: whether one of the last axis is true. */
export function anyOf(b: Emitter, x: Value): Value {
  const axes = b.ints([shapeOf(x).length - 1])
  const most = b.op('ReduceMax', [cast(b, x, 'int32'), axes], { attributes: { keepdims: { int: 0 } } })
  return cast(b, most, 'bool')
}
