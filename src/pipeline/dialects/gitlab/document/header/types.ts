import type { Location } from '../../../../../core/index.ts'
import type { Located } from '../../../../yaml/located.ts'
import type { Pattern } from '../../expression/pattern.ts'
import type { Condition } from './condition.ts'

export const INPUT_TYPES = ['string', 'number', 'boolean', 'array'] as const
export type InputType = (typeof INPUT_TYPES)[number]

/** One entry of `spec: inputs:`. */
export interface InputSpec {
  readonly name: string
  readonly at: Location
  readonly type: InputType
  /** Absent: whoever includes the file must give a value. */
  readonly default?: Located
  readonly options?: readonly Located[]
  readonly regex?: Pattern
  /** The first that holds says what the options and the default are. */
  readonly rules?: readonly InputRule[]
}

export interface InputRule {
  /** Absent: always. */
  readonly if?: Condition
  readonly options?: readonly Located[]
  readonly default?: Located
}

export const COMPONENT_FIELDS = ['name', 'sha', 'version', 'reference'] as const
export type ComponentField = (typeof COMPONENT_FIELDS)[number]

export interface Spec {
  readonly inputs: ReadonlyMap<string, InputSpec>
  /** `spec: component:`, what the file asks about itself as a component. */
  readonly component?: readonly ComponentField[]
  /** `spec: include:`, files with more inputs. */
  readonly include?: Located
}
