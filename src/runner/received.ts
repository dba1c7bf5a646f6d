import type { Image, Phase, Service } from '../pipeline/index.ts'

/** A value of the plan as the wire has it: what is optional may also be there and undefined. */
type Received<T> = { readonly [Key in keyof T]: object extends Pick<T, Key> ? T[Key] | undefined : T[Key] }

export type JobPhase = Received<Phase>
export type JobImage = Received<Image>
export type JobService = Received<Service>

/** What a job takes of its machine. */
export interface Resources {
  readonly cpu?: number | undefined
  readonly memoryBytes?: number | undefined
}
