import type { ConstantsRequest, Result } from '../constants/results.ts'
import type { FootprintRequest } from '../footprint/child.ts'
import type { Footprint } from '../footprint/footprint.ts'

/** What is done with a model in a process of its own: what it is asked, and what it gives. */
export interface Tasks {
  readonly constants: { readonly asks: ConstantsRequest; readonly gives: readonly Result[] }
  readonly footprint: { readonly asks: FootprintRequest; readonly gives: Footprint }
}

export type TaskName = keyof Tasks

/** `folder` is of this one task, and gone after it. */
export type Worker<Name extends TaskName> = (
  asks: Tasks[Name]['asks'],
  folder: string,
  say: (line: string) => void,
) => Promise<Tasks[Name]['gives']>

/** Each loads what it needs alone. */
export const TASKS: { readonly [Name in TaskName]: () => Promise<Worker<Name>> } = {
  constants: async () => (await import('../constants/child.ts')).computeConstants,
  footprint: async () => (await import('../footprint/child.ts')).footprintHere,
}
