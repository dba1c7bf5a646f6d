import type { Location } from '../../../../core/index.ts'
import type { RefPolicy, Rule, VariableSpec } from '../types.ts'

/** What decides over jobs: of one occasion, one commit, one project. */
export interface Judge {
  workflow(rules: readonly Rule[] | undefined, variables: readonly VariableSpec[]): Promise<Verdict>
  job(conditions: Conditions, variables: readonly VariableSpec[], job: JobOutline): Promise<Verdict>
  /** Puts in what is known when the pipeline is made; what a job alone knows stays as it is written. */
  expand(text: string, variables: readonly VariableSpec[], job?: JobOutline): string
}

export interface Conditions {
  readonly rules?: readonly Rule[]
  readonly only?: RefPolicy
  readonly except?: RefPolicy
}

export interface JobOutline {
  readonly name: string
  readonly stage: string
}

export type Verdict =
  /** `why` is absent where nothing had to be decided. */
  | { readonly included: true; readonly why?: string; readonly rule?: Rule }
  | { readonly included: false; readonly reason: string; readonly at?: Location }
