import type { OnnxTensor } from '../../../formats/index.ts'
import { batchNorm, transpose } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { axisOf, cast, shapeOf } from '../emit.ts'
import { type ConvertLayer, type LayerCall, type LayerTable, limited } from '../layer.ts'

/** (x − moving_mean) / √(moving_variance + epsilon) · gamma + beta, in float32 as Keras does it. */
const batchNormalization: ConvertLayer = call => {
  const { b, config } = call
  if (config.bool('renorm', false)) throw new Refusal('renorm=True')
  refuseTraining(call)
  const [axis] = config.has('axis') ? config.intList('axis') : [-1]
  if (axis === undefined || (Array.isArray(config.get('axis')) && config.intList('axis').length > 1))
    throw new Refusal('several axes')
  const x = cast(b, call.inputs[0], call.dtype === 'float16' ? 'float32' : call.dtype)
  const at = axisOf(axis, shapeOf(x).length)
  const statistics = { ...statisticsOf(call, x), epsilon: config.number('epsilon', 1e-3) }
  const y = along(call, x, at, first => batchNorm(b, first, statistics, 'channels-first'))
  return [cast(b, y, call.dtype)]
}

/** With the axis as the second; images whose channels are last, or first, are turned as images. */
function along({ b }: LayerCall, x: Value, axis: number, normalize: (x: Value) => Value): Value {
  const rank = shapeOf(x).length
  if (axis === 0) throw new Refusal('axis=0')
  if (axis === 1) return normalize(x)
  const axes = Array.from({ length: rank }, (_, i) => i)
  const order = [0, axis, ...axes.filter(i => i !== 0 && i !== axis)]
  const back = axes.map(i => order.indexOf(i))
  return transpose(b, normalize(transpose(b, x, order)), back)
}

function statisticsOf(call: LayerCall, x: Value) {
  const { b, config, variables } = call
  const [scaled, centred] = [config.bool('scale', true), config.bool('center', true)]
  const before = Number(scaled) + Number(centred)
  const mean = variables.get('moving_mean', before)
  const variance = variables.get('moving_variance', before + 1)
  const gamma = scaled ? variables.get('gamma', 0) : undefined
  const beta = centred ? variables.get('beta', Number(scaled)) : undefined
  const [size] = mean.shape
  if (size === undefined) throw invalid(`The statistics of ${call.className} '${call.name}' have no axis`)
  const value = (weight: OnnxTensor | undefined, otherwise: number): Value => {
    if (!weight) return b.constant(x.dtype, [size], Array.from<number>({ length: size }).fill(otherwise))
    if (String(weight.shape) !== String([size]))
      throw invalid(`The variables of ${call.className} '${call.name}' have different sizes`)
    return cast(b, b.weight(weight, weight.name), x.dtype)
  }
  return {
    scale: value(gamma, 1),
    offset: value(beta, 0),
    mean: value(mean, 0),
    variance: value(variance, 1),
  }
}

/**
 * In Keras 1 and 2, layers that were called with training=True do at inference what they do in training. In Keras 3,
 * `model.predict` takes it back.
 */
export function refuseTraining(call: LayerCall): void {
  const training = call.argument(1, 'training')
  if (call.generation < 3 && training?.kind === 'plain' && (training.json === true || training.json === 1))
    throw new Refusal('training=True in the call', 'Call the layer without it, and save the model again.')
}

export const batchNorms: LayerTable = {
  BatchNormalization: limited('no renorm', batchNormalization),
  SyncBatchNormalization: limited('no renorm', batchNormalization),
}
