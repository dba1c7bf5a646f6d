import type { LayerTable } from '../layer.ts'
import { activations } from './activations.ts'
import { batchNorms } from './batch-norm.ts'
import { convolutions } from './convolution.ts'
import { denses } from './dense.ts'
import { poolings } from './pooling.ts'

/** Families of Keras' own layers, a file each. A class stands in one of them. */
const FAMILIES: readonly LayerTable[] = [activations, batchNorms, convolutions, denses, poolings]

/** All of Keras' layers that are converted, or refused for a reason of their own. */
export const LAYERS: LayerTable = Object.assign(Object.create(null), ...FAMILIES)
