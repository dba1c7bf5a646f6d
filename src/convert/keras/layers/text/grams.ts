import type { Emitter, Value } from '../../../graph/types.ts'
import { beside, sliceOf } from '../../../text/pieces.ts'

/** Tokens of texts. */
export interface Tokens {
  /** [N, T] */
  readonly texts: Value
  /** bool [N, T]: which are there. */
  readonly there: Value
}

/**
 * Tokens that follow each other, joined by blanks: all of the first width, then all of the next. Tokens of a row stand at its
 * beginning; `blank` is `''` for each row, [N, 1].
 */
export function grams(b: Emitter, { texts, there }: Tokens, blank: Value, widths: readonly number[]): Tokens {
  const last = Math.max(...widths) - 1
  const none = b.op('Not', [b.op('Equal', [blank, b.scalar('string', '')])])
  const padded = beside(b, [texts, ...Array.from({ length: last }, () => blank)])
  const paddedThere = b.op('Concat', [there, ...Array.from({ length: last }, () => none)], columns)
  const parts = widths.map(width => ({
    texts: Array.from({ length: width }, (_, by) => shifted(b, padded, by, last)).reduce((all, next) =>
      b.op('StringConcat', [b.op('StringConcat', [all, b.scalar('string', ' ')]), next]),
    ),
    there: shiftedFlags(b, paddedThere, width - 1, last),
  }))
  return {
    texts: beside(
      b,
      parts.map(part => part.texts),
    ),
    there: b.op(
      'Concat',
      parts.map(part => part.there),
      columns,
    ),
  }
}

const columns = { attributes: { axis: { int: 1 } } }

/** What stands `by` places behind, of tokens that have `last` blanks behind them. */
function shifted(b: Emitter, padded: Value, by: number, last: number): Value {
  return by === last ? sliceOf(b, padded, by) : sliceOf(b, padded, by, by - last)
}

function shiftedFlags(b: Emitter, padded: Value, by: number, last: number): Value {
  const end = by === last ? 2 ** 31 - 1 : by - last
  return b.op('Slice', [padded, b.ints([by]), b.ints([end]), b.ints([1])])
}
