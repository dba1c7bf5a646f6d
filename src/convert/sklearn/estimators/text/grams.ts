import type { Attributes } from '../../../graph/types.ts'
import type { Fitted } from '../../estimator.ts'
import { told } from '../../fitted/fitted.ts'

/** A term of the vocabulary: its column. */
export interface Term {
  readonly text: string
  readonly column: number
}

/** `vocabulary_` by columns, which are 0 to its size; CONVERT_INVALID where they are not. */
export function termsOf(estimator: Fitted): readonly Term[] {
  const entries = estimator.map('vocabulary_')
  const terms: Term[] = []
  for (const [text, column] of entries) {
    if (typeof text !== 'string' || typeof column !== 'number' || !Number.isInteger(column))
      throw estimator.invalid('vocabulary_', `holds ${told(text)}: ${told(column)}`)
    terms.push({ text, column })
  }
  if (terms.length === 0) throw estimator.invalid('vocabulary_', 'is empty')
  const sorted = terms.toSorted((a, b) => a.column - b.column)
  const odd = sorted.find(({ column }, i) => column !== i)
  if (odd)
    throw estimator.invalid('vocabulary_', `has the column ${odd.column} twice, or misses one before it`)
  return sorted
}

/**
 * Attributes of TfIdfVectorizer that count grams: `grams[i]` is what column i counts, as tokens that follow each other.
 * Undefined for a column that is always 0.
 */
export function countingAttributes(grams: readonly (readonly string[] | undefined)[]): Attributes {
  const byLength: { pool: string[]; columns: number[] }[] = []
  for (const [column, gram] of grams.entries()) {
    const tokens = gram ?? [`\u0001\u0001${column}`]
    while (byLength.length < tokens.length) byLength.push({ pool: [], columns: [] })
    const held = byLength[tokens.length - 1]!
    for (const token of tokens) held.pool.push(token)
    held.columns.push(column)
  }
  const counts: number[] = []
  let start = 0
  for (const { pool } of byLength) {
    counts.push(start)
    start += pool.length
  }
  return {
    mode: { text: 'TF' },
    min_gram_length: { int: 1 },
    max_gram_length: { int: byLength.length },
    max_skip_count: { int: 0 },
    ngram_counts: { ints: counts },
    ngram_indexes: { ints: byLength.flatMap(({ columns }) => columns) },
    pool_strings: { texts: byLength.flatMap(({ pool }) => pool) },
  }
}
