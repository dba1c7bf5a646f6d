import { shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerTable, limited } from '../layer.ts'
import { refuseTraining } from './batch-norm.ts'

/** x · gamma, for each channel: of Keras' ConvNeXt. */
const layerScale: ConvertLayer = call => {
  const [x] = call.inputs
  return [call.b.op('Mul', [x, call.weight('gamma', 0)], { types: [{ dtype: x.dtype, shape: shapeOf(x) }] })]
}

export const convnext: LayerTable = {
  LayerScale: full(layerScale, 'stops'),
  StochasticDepth: limited(
    'does nothing at inference',
    call => {
      refuseTraining(call)
      return [call.inputs[0]]
    },
    'stops',
  ),
}
