import type { Attributes, Domain, Element, Value, ValueType } from './values.ts'

export interface NodeToInfer {
  readonly op: string
  readonly domain: Domain
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Attributes
  readonly outputs: number
}

export interface InferredType extends ValueType {
  readonly known?: readonly Element[]
}

/** Undefined where types of inputs leave it open. Throws FormatsError for inputs that don't fit each other. */
export type Rule = (node: NodeToInfer) => readonly InferredType[] | undefined
