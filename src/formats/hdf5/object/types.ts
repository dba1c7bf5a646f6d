/** An HDF5 datatype, as the file describes it. `size` is in bytes, of one element as stored. */
export type Hdf5Type =
  | IntegerType
  | FloatType
  | { readonly class: 'time'; readonly size: number }
  | StringType
  | { readonly class: 'opaque'; readonly size: number; readonly tag: string }
  | CompoundType
  | {
      readonly class: 'reference'
      readonly size: number
      readonly of: 'object' | 'region' | 'attribute' | 'other'
    }
  | EnumType
  | { readonly class: 'vlen'; readonly size: number; readonly base: Hdf5Type }
  | { readonly class: 'vlen-string'; readonly size: number }
  | {
      readonly class: 'array'
      readonly size: number
      readonly shape: readonly number[]
      readonly base: Hdf5Type
    }
  | { readonly class: 'complex'; readonly size: number; readonly base: Hdf5Type }

export interface IntegerType {
  readonly class: 'integer' | 'bitfield'
  readonly size: number
  readonly signed: boolean
  readonly bigEndian: boolean
  /** Bits that count: `precision` of them from `bitOffset` up. */
  readonly bitOffset: number
  readonly precision: number
}

/** Locations and sizes are in bits from the least significant one. */
export interface FloatType {
  readonly class: 'float'
  readonly size: number
  readonly order: 'little' | 'big' | 'vax'
  readonly bitOffset: number
  readonly precision: number
  readonly sign: number
  readonly exponent: { readonly at: number; readonly bits: number; readonly bias: number }
  readonly mantissa: { readonly at: number; readonly bits: number; readonly implied: boolean }
}

export interface StringType {
  readonly class: 'string'
  readonly size: number
  readonly padding: 'null-terminated' | 'null-padded' | 'space-padded'
}

export interface CompoundMember {
  readonly name: string
  readonly offset: number
  readonly type: Hdf5Type
}

export interface CompoundType {
  readonly class: 'compound'
  readonly size: number
  readonly members: readonly CompoundMember[]
}

export interface EnumType {
  readonly class: 'enum'
  readonly size: number
  readonly base: IntegerType
  readonly members: readonly { readonly name: string; readonly value: Uint8Array }[]
}
