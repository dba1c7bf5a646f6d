import type { LayerTable } from '../layer.ts'

/** Families of Keras' own layers, a file each. A class stands in one of them. */
const FAMILIES: readonly LayerTable[] = []

/** All of Keras' layers that are converted, or refused for a reason of their own. */
export const LAYERS: LayerTable = Object.assign(Object.create(null), ...FAMILIES)
