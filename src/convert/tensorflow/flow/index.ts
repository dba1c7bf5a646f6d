import { lists } from '../lists/index.ts'
import { tables } from '../resources/tables.ts'
import { variables } from '../resources/variables.ts'
import type { FlowTable } from '../step.ts'
import { branches } from './branches.ts'
import { calls } from './calls.ts'
import { loops } from './loops.ts'
import { passing } from './passing.ts'
import { switches } from './switches.ts'

/** Ops that are no function from values to values. */
export const FLOW: FlowTable = {
  ...passing,
  ...calls,
  ...branches,
  ...switches,
  ...loops,
  ...variables,
  ...tables,
  ...lists,
}
