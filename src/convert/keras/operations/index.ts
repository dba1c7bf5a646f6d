import type { LayerTable } from '../layer.ts'
import { elementwise } from './elementwise.ts'
import { joins } from './join.ts'
import { matrices } from './matrix.ts'
import { neural } from './nn.ts'
import { reductions } from './reduction.ts'
import { shapes } from './shape.ts'
import { slicing } from './slicing.ts'

/** Functions of `keras.ops` that functional models call: by the name of their class, as configs have it. */
export const OPERATIONS: LayerTable = Object.assign(
  Object.create(null),
  elementwise,
  joins,
  matrices,
  neural,
  reductions,
  shapes,
  slicing,
)
