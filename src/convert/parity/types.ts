import type { Digest, Dtype, Tensor, Verdict } from '../../core/index.ts'

/** Inputs, and what the original answered to them. */
export interface Samples {
  /** Where they are from, for messages. */
  readonly name: string
  readonly digest: Digest
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
}

/** Equal where |actual − expected| ≤ atol + rtol · |expected|, as numpy's allclose has it. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

export interface OutputParity extends Tolerance {
  readonly name: string
  readonly dtype: Dtype
  readonly elements: number
  /** Elements beyond the tolerance. */
  readonly mismatches: number
  /** Largest |actual − expected|; 0 for text. */
  readonly absolute: number
  /** Largest |actual − expected| / |expected|, of elements above `atol`. */
  readonly relative: number
  /** The first element that is beyond, by its place in C order. */
  readonly first?: { readonly index: number; readonly expected: string; readonly actual: string }
  /** The shapes differ, and nothing was compared. */
  readonly shapes?: { readonly expected: readonly number[]; readonly actual: readonly number[] }
}

/** What a conversion's check found. Plain JSON: a record of the version. */
export interface Parity {
  /** Inconclusive where there is nothing to compare with. */
  readonly verdict: Extract<Verdict, 'passed' | 'failed' | 'inconclusive'>
  readonly samples?: { readonly name: string; readonly digest: Digest; readonly rows: number }
  readonly outputs: readonly OutputParity[]
  /** Outputs of the model that the samples say nothing of. */
  readonly unchecked: readonly string[]
}
