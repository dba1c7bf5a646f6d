import type { OpTable } from '../op.ts'

/** All ops that give values from values. Control flow, variables, lists and tables stand beside it. */
export const OPS: OpTable = {}
