import type { JobKeys } from '../keywords/job/job.ts'
import type { AllowFailure, ElsewhereNeed, NeedSpec, VariableSpec, When } from '../types.ts'
import type { Instance } from './instances.ts'
import type { Expander } from './judge.ts'

/** An instance that is in the pipeline, with what rules have made of it. */
export interface DecidedJob {
  readonly instance: Instance
  /** Its own and, where it has none, the inherited defaults. */
  readonly keys: JobKeys
  /** Why it is in the pipeline, where something decided so. */
  readonly why?: string
  readonly when: Exclude<When, 'never'>
  /** As written. */
  readonly startIn?: string
  readonly allowFailure: AllowFailure
  readonly interruptible?: boolean
  /** Absent: it waits for the earlier stages. */
  readonly needs?: readonly NeedSpec[]
  readonly elsewhere: readonly ElsewhereNeed[]
  /** Of the files, the last of a name. */
  readonly variables: readonly VariableSpec[]
  expander(): Expander
  /** Once the name of its environment is known. */
  inEnvironment(name: string): Expander
}
