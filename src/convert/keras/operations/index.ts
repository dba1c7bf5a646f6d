import type { LayerTable } from '../layer.ts'

/** Functions of `keras.ops` that functional models call: by the name of their class, as configs have it. */
export const OPERATIONS: LayerTable = Object.assign(Object.create(null))
