import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { type EstimatorCall, type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { placesOf, typeOf } from './categories.ts'
import { oneHot } from './one-hot.ts'

const target = async (estimator: Fitted) => {
  const array = estimator.array('classes_')
  return { kind: 'target', type: typeOf(await array.cells(), array.dtype) ?? 'string' } as const
}

/** A class's place in `classes_`. */
export const labelEncoder: EstimatorConverter = {
  input: target,
  async convert(call) {
    const { place } = await placeOf(call)
    call.note(
      'a label that it has not seen, at which scikit-learn raises an error, gives the number of classes',
    )
    return features(place)
  },
}

/** A column for each class, of two classes one: pos_label where it is the class, else neg_label. */
export const labelBinarizer: EstimatorConverter = {
  input: target,
  async convert(call) {
    const { estimator, emitter } = call
    const { place, count } = await placeOf(call)
    const [low, high] = [estimator.number('neg_label', 0), estimator.number('pos_label', 1)]
    const hot =
      count <= 2
        ? cast(emitter, emitter.op('Equal', [place, emitter.scalar('int64', 1)]), 'float32')
        : oneHot(emitter, place, [count])
    const isHot = emitter.op('Greater', [hot, emitter.scalar('float32', 0)])
    return features(
      emitter.op('Where', [isHot, emitter.scalar('int64', high), emitter.scalar('int64', low)], {
        types: [{ ...hot, dtype: 'int64' }],
      }),
    )
  },
}

async function placeOf(call: EstimatorCall): Promise<{ readonly place: Value; readonly count: number }> {
  const { estimator, input } = call
  const array = estimator.array('classes_')
  const cells = await array.cells()
  const type = typeOf(cells, array.dtype)
  if (!type) throw estimator.invalid('classes_', 'holds labels of several types')
  return { place: placesOf(call, input, { cells, type }), count: cells.length }
}
