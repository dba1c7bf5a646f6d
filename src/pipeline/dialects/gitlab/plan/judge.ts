import type { Diagnostic, Location } from '../../../../core/index.ts'
import type { RefPolicy, Rule, VariableSpec } from '../types.ts'

/** What decides over jobs: of one occasion, one commit, one project. */
export interface Judge {
  workflow(rules: readonly Rule[] | undefined, variables: readonly VariableSpec[]): Promise<Verdict>
  job(conditions: Conditions, variables: readonly VariableSpec[], job: JobOutline): Promise<Verdict>
  expander(variables: readonly VariableSpec[], job?: JobOutline): Expander
}

export interface Conditions {
  readonly rules?: readonly Rule[]
  readonly only?: RefPolicy
  readonly except?: RefPolicy
  readonly hasWorkflowRules: boolean
}

export interface JobOutline {
  readonly name: string
  readonly stage: string
  /** Name of its environment, once it is known. */
  readonly environment?: string
}

/** Puts values for variables. What only a job that runs can know stays as it is written. */
export interface Expander {
  /** What is not defined is empty: names. */
  name(text: string): string
  /** What is not defined stays: an address, which the job's own variables complete. */
  part(text: string): string
  /** What is wrong with the variables, as far as they were looked at: a line each. */
  problems(): readonly string[]
}

export type Verdict = { readonly problems: readonly Diagnostic[] } & (
  | { readonly included: true; readonly why: string; readonly rule?: Rule }
  | { readonly included: false; readonly reason: string; readonly at?: Location }
)
