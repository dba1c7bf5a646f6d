import type { Shape, ValueType } from '../../../graph/types.ts'

/** Rows of pieces of text: as many as the row with most has, `''` behind those that have fewer. */
export const PIECES: Shape = ['N', null]
export const TEXTS: Shape = ['N']

export const texts = (shape: Shape): { readonly types: readonly ValueType[] } => ({
  types: [{ dtype: 'string', shape }],
})
