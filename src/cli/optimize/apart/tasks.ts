import type { CalibrationReply, CalibrationRequest } from '../calibration/child.ts'
import type { ConstantsRequest, Result } from '../constants/results.ts'
import type { FootprintRequest } from '../footprint/child.ts'
import type { Footprint } from '../footprint/footprint.ts'
import type { Comparison } from '../measure.ts'
import type { Both, Compared } from '../steps/child.ts'
import type { CompareRequest, Trial, TrialRequest } from '../trial/child.ts'

/** What is done with a model in a process of its own: what it is asked, and what it gives. */
export interface Tasks {
  readonly constants: { readonly asks: ConstantsRequest; readonly gives: readonly Result[] }
  readonly footprint: { readonly asks: FootprintRequest; readonly gives: Footprint }
  readonly calibrate: { readonly asks: CalibrationRequest; readonly gives: CalibrationReply }
  readonly compare: { readonly asks: CompareRequest; readonly gives: Comparison }
  readonly steps: { readonly asks: Both; readonly gives: readonly Compared[] }
  readonly try: { readonly asks: TrialRequest; readonly gives: Trial }
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
  calibrate: async () => (await import('../calibration/child.ts')).calibrateHere,
  compare: async () => (await import('../trial/child.ts')).compareHere,
  steps: async () => (await import('../steps/child.ts')).compareSteps,
  try: async () => (await import('../trial/child.ts')).tryHere,
}
