import type { WeightType } from '../int8/grid.ts'

/** What values of a tensor were seen to lie between; float32. */
export interface Range {
  readonly least: number
  readonly greatest: number
}

/** By the names of values. */
export type Ranges = ReadonlyMap<string, Range>

export interface StaticOptions {
  readonly activations: {
    readonly dtype: 'int8' | 'uint8'
    /** From −m to m instead of from the least to the greatest; Relu and Clip stay then. */
    readonly symmetric: boolean
  }
  readonly weights: WeightType
  /** A scale for each output channel of a weight instead of one for all. */
  readonly perChannel: boolean
  /** Names of nodes that stay as they are. */
  readonly keep?: ReadonlySet<string>
}

/** A node while it is being changed: inputs are renamed when it is written, outputs and what it is at once. */
export interface Placed {
  readonly name: string
  readonly op: string
  readonly inputs: string[]
  readonly outputs: string[]
  /** A Relu or Clip that the places of its output do as well. */
  removed: boolean
}

/** What an operator wants of its values. */
export type Wish =
  /** Places of its own. */
  | { readonly kind: 'activation'; readonly value: string }
  /** The places that another value has. */
  | { readonly kind: 'like'; readonly value: string; readonly of: string }
  /** As a weight, with a scale for each place along an axis where it is given. */
  | { readonly kind: 'weight'; readonly value: string; readonly axis?: number }
  /** int32, whose scale is that of the products of two others; `axis` is the weight's. */
  | {
      readonly kind: 'bias'
      readonly value: string
      readonly input: string
      readonly weight: string
      readonly axis?: number
    }
  /** The node goes: what gives `input` gives `value`. */
  | { readonly kind: 'fold'; readonly value: string; readonly input: string }
