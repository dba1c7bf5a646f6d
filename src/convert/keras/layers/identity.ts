import { cast } from '../emit.ts'
import { type ConvertLayer, full, type LayerEntry, type LayerTable, limited } from '../layer.ts'
import { refuseTraining } from './batch-norm.ts'

/** What does nothing at inference. Called with training=True, such layers are refused. */
const nothing: ConvertLayer = call => {
  refuseTraining(call)
  return [call.inputs[0]]
}

/** Images come out as the layer computes, whatever they were. */
const images: ConvertLayer = call => {
  refuseTraining(call)
  return [cast(call.b, call.inputs[0], call.dtype)]
}

const entries = (names: string, entry: LayerEntry): LayerTable =>
  Object.fromEntries(names.split(' ').map(name => [name, entry]))

const AT_INFERENCE = 'does nothing at inference'

export const identities: LayerTable = {
  Identity: full(call => [call.inputs[0]]),
  ActivityRegularization: full(call => [call.inputs[0]]),
  ...entries(
    'Dropout GaussianNoise GaussianDropout AlphaDropout SpatialDropout1D SpatialDropout2D SpatialDropout3D',
    limited(AT_INFERENCE, nothing),
  ),
  ...entries(
    'RandomFlip RandomRotation RandomTranslation RandomZoom RandomShear RandomPerspective RandomElasticTransform ' +
      'RandAugment AugMix CutMix MixUp Equalization Solarization RandomInvert RandomGaussianBlur ' +
      'RandomPosterization RandomSharpness RandomHue RandomSaturation RandomErasing RandomColorJitter ' +
      'RandomColorDegeneration RandomHeight RandomWidth',
    limited(AT_INFERENCE, images, 'stops'),
  ),
  ...entries(
    'RandomBrightness RandomContrast RandomGrayscale RandomCrop',
    limited(AT_INFERENCE, images, 'stops'),
  ),
}
