import type { LiteTable } from '../op.ts'
import { elements } from './elements.ts'
import { shapes } from './shapes.ts'
import { windows } from './windows.ts'

/** Operators of TensorFlow Lite by their names in its schema; control flow is the converter's own. */
export const OPERATORS: LiteTable = { ...elements, ...shapes, ...windows }
