import type { Attributes, Emitter, Size, Value } from '../graph/types.ts'

/** Texts [N] to what an expression (RE2, the longest match) finds in each, in order: [N, pieces], `''` behind the last. */
export function piecesOf(emitter: Emitter, documents: Value, expression: string, least = 1): Value {
  return tokenizer(emitter, documents, { tokenexp: { text: expression }, mincharnum: { int: least } })
}

/**
 * Texts [N] to what stands between the matches of an expression (RE2), without what is empty: [N, pieces], `''` behind
 * the last. An empty expression cuts between all characters.
 */
export function cutAt(emitter: Emitter, documents: Value, expression: string): Value {
  return tokenizer(emitter, documents, { separators: { texts: [expression] }, mincharnum: { int: 1 } })
}

/** ONNX's own StringSplit knows no expressions. */
function tokenizer(emitter: Emitter, documents: Value, how: Attributes): Value {
  return emitter.op('Tokenizer', [documents], {
    domain: 'com.microsoft',
    attributes: { mark: { int: 0 }, pad_value: { text: '' }, ...how },
    types: [{ dtype: 'string', shape: [rowsOf(documents), null] }],
  })
}

/** `''` for each row: [N, 1]. */
export function blanksOf(emitter: Emitter, documents: Value): Value {
  const yes = emitter.constant('bool', [1], [1])
  const blank = emitter.constant('string', [1], [''])
  const rows = rowsOf(documents)
  const row = emitter.op('Where', [yes, blank, documents], { types: [{ dtype: 'string', shape: [rows] }] })
  return emitter.op('Unsqueeze', [row, emitter.ints([1])], { types: [{ dtype: 'string', shape: [rows, 1] }] })
}

export function beside(emitter: Emitter, blocks: readonly Value[]): Value {
  return emitter.op('Concat', blocks, { attributes: { axis: { int: 1 } }, types: [piecesLike(blocks[0]!)] })
}

const END = 2 ** 31 - 1

/** Every `step`th piece from `start` to `end` (exclusive). */
export function sliceOf(emitter: Emitter, pieces: Value, start: number, end = END, step = 1): Value {
  const [from, to, axis, by] = [[start], [end], [1], [step]].map(numbers => emitter.ints(numbers))
  return emitter.op('Slice', [pieces, from, to, axis, by], { types: [piecesLike(pieces)] })
}

/**
 * Pieces [N, P] to one text a row: [N]. Neighbours are joined in pairs, so that it takes log2(P) rounds.
 *
 *   a b c d e ''  ->  ab cd e  ->  abcd e  ->  abcde
 */
export async function joined(emitter: Emitter, pieces: Value, blanks: Value): Promise<Value> {
  // There is a column at least, where no text has a piece.
  const start = beside(emitter, [pieces, blanks])
  const type = piecesLike(pieces)
  const body = await emitter.body(
    `${emitter.source.name}/join`,
    [{ dtype: 'int64', shape: [] }, { dtype: 'bool', shape: [] }, type],
    async (inner, [, , held]) => {
      const padded = beside(inner, [held!, blanks])
      const pairs = [sliceOf(inner, padded, 0, -1, 2), sliceOf(inner, padded, 1, END, 2)]
      const next = inner.op('StringConcat', pairs, { types: [type] })
      return [isWide(inner, next), next]
    },
  )
  const whole = emitter.op('Loop', [undefined, isWide(emitter, start), start], {
    attributes: { body: { graph: body } },
    types: [type],
  })
  return emitter.op('Reshape', [whole, emitter.ints([-1])], {
    types: [{ dtype: 'string', shape: [rowsOf(pieces)] }],
  })
}

/** Whether rows have more than one piece. */
function isWide(emitter: Emitter, pieces: Value): Value {
  const shape = emitter.op('Shape', [pieces], { types: [{ dtype: 'int64', shape: [2] }] })
  const width = emitter.op('Gather', [shape, emitter.scalar('int64', 1)], {
    types: [{ dtype: 'int64', shape: [] }],
  })
  return emitter.op('Greater', [width, emitter.scalar('int64', 1)], { types: [{ dtype: 'bool', shape: [] }] })
}

function piecesLike(pieces: Value) {
  return { dtype: 'string' as const, shape: [rowsOf(pieces), null] }
}

function rowsOf({ shape }: Value): Size {
  return shape?.[0] ?? null
}
