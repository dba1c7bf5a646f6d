import type { Estimator } from '../../../../formats/index.ts'
import { cast } from '../../../graph/cast.ts'
import { Columns } from '../../columns.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult, Fitted } from '../../estimator.ts'
import { maskOf, missingOf } from './missing.ts'

/** Which elements are missing: bools, of the columns where some were when it was fitted. */
export const missingIndicator: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const missing = missingOf(estimator)
    const masks = input.blocks.map(block => maskOf(emitter, block, missing))
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
