import { invalid } from '../config.ts'
import { shapeOf } from '../emit.ts'
import type { ConvertLayer, LayerTable } from '../layer.ts'
import { full, limited } from '../layer.ts'
import { refuseTraining } from './batch-norm.ts'

/** x · gamma, for each channel: of ConvNeXt. */
const layerScale: ConvertLayer = call => {
  const [x] = call.inputs
  return [call.b.op('Mul', [x, call.weight('gamma', 0)], { types: [{ dtype: x.dtype, shape: shapeOf(x) }] })]
}

const stochasticDepth: ConvertLayer = call => {
  refuseTraining(call)
  return [call.inputs[0]]
}

/** x + y · scale: of InceptionResNetV2. */
const customScale: ConvertLayer = call => {
  const { b, config, inputs } = call
  const [x, y] = inputs
  if (!y) throw invalid(`${call.className} '${call.name}' takes two tensors, and gets one`)
  return [b.op('Add', [x, b.op('Mul', [y, b.scalar(y.dtype, config.number('scale'))])])]
}

/** Layers of Keras' image applications that are nowhere else. */
export const applicationLayers: LayerTable = {
  LayerScale: full(layerScale, 'stops'),
  StochasticDepth: limited('does nothing at inference', stochasticDepth, 'stops'),
  CustomScaleLayer: full(customScale, 'stops'),
}
