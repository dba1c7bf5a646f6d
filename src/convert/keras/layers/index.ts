import type { LayerTable } from '../layer.ts'
import { tensorflowFunctions } from '../operations/functions.ts'
import { activations } from './activations.ts'
import { adaptivePoolings } from './adaptive.ts'
import { applicationLayers } from './applications.ts'
import { attentionLayers } from './attention/index.ts'
import { batchNorms } from './batch-norm.ts'
import { convolutions } from './convolution.ts'
import { croppings } from './cropping.ts'
import { denses } from './dense.ts'
import { einsumDenses } from './einsum-dense.ts'
import { identities } from './identity.ts'
import { mergeLayers } from './merge/index.ts'
import { normalizations } from './normalization.ts'
import { poolings } from './pooling.ts'
import { recurrentLayers } from './recurrent/index.ts'
import { refusals } from './refused.ts'
import { reshapings } from './reshaping.ts'
import { resizings } from './resizing.ts'
import { scalings } from './scaling.ts'
import { sequenceLayers } from './sequence/index.ts'
import { textLayers } from './text/index.ts'

/** Families of Keras' own layers, a file each. A class stands in one of them. */
const FAMILIES: readonly LayerTable[] = [
  activations,
  adaptivePoolings,
  batchNorms,
  applicationLayers,
  convolutions,
  denses,
  einsumDenses,
  poolings,
  attentionLayers,
  mergeLayers,
  recurrentLayers,
  sequenceLayers,
  textLayers,
  croppings,
  identities,
  normalizations,
  refusals,
  reshapings,
  resizings,
  scalings,
  tensorflowFunctions,
]

/** All of Keras' layers that are converted, or refused for a reason of their own. */
export const LAYERS: LayerTable = Object.assign(Object.create(null), ...FAMILIES)
