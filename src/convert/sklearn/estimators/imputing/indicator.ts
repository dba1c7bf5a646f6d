import type { Estimator } from '../../../../formats/index.ts'
import type { Value } from '../../../graph/types.ts'
import { Columns, cast, rowsOf, widthOf } from '../../columns.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult, Fitted } from '../../estimator.ts'
import { maskOf, missingOf } from './missing.ts'

/** Which elements are missing: bools, of the columns where some were when it was fitted. */
export const missingIndicator: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const missing = missingOf(estimator)
    const masks = input.blocks.map(block => maskOf(emitter, block, missing) ?? never(emitter, block))
    const columns = new Columns(masks, input.open)
    const places = await estimator.array('features_').integers()
    const odd = places.find(place => place < 0 || place >= input.width)
    if (odd !== undefined) throw estimator.invalid('features_', `holds the column ${odd} of ${input.width}`)
    return { kind: 'features', columns: columns.pick(emitter, places) }
  },
}

/** An imputer's columns, with those of its indicator behind them where it has one. */
export async function withIndicator(call: EstimatorCall, columns: Columns): Promise<EstimatorResult> {
  const { estimator, input, emitter } = call
  if (!estimator.bool('add_indicator', false)) return { kind: 'features', columns }
  const indicator = await call.transform('indicator_', indicatorOf(estimator), input)
  const numbers = indicator.blocks.map(block => cast(emitter, block, 'float32'))
  return { kind: 'features', columns: Columns.beside([columns, new Columns(numbers)]) }
}

function indicatorOf(estimator: Fitted): Estimator {
  return estimator.estimator('indicator_')
}

/** false for each element of a block. */
function never(emitter: EstimatorCall['emitter'], block: Value): Value {
  const types = [{ dtype: 'bool' as const, shape: [rowsOf(block), widthOf(block)] }]
  return emitter.op('Not', [emitter.op('Equal', [block, block], { types })], { types })
}
