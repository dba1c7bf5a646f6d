import type { Emitter, Value } from '../../../../graph/types.ts'
import { beside, blanksOf, joined, piecesOf, sliceOf } from '../../../../text/pieces.ts'
import { once } from '../pattern/classes.ts'
import {
  type CodePoints,
  classOf,
  codePointsWhere,
  complementOf,
  intersectionOf,
} from '../pattern/code-points.ts'
import { PIECES, texts } from '../types.ts'
import { splitting } from './replace.ts'

const SIGMA = 'Σ'
const ONE: CodePoints = [0x3a3, 0x3a3]

const ignorable = once(() => codePointsWhere(text => /^\p{Case_Ignorable}$/u.test(text)))
const cased = once(() =>
  intersectionOf(
    codePointsWhere(text => /^\p{Cased}$/u.test(text)),
    complementOf(ignorable()),
  ),
)

/**
 * Texts [N] with each Σ in lower case: `ς` at the end of a word, else `σ` (Unicode, SpecialCasing, Final_Sigma): a cased
 * letter stands before it, and none behind it, with nothing but case-ignorable characters between.
 */
export async function withLowerSigma(emitter: Emitter, documents: Value): Promise<Value> {
  const blanks = blanksOf(emitter, documents)
  // With a column at least, so that shifted ones are as wide.
  const pieces = beside(emitter, [piecesOf(emitter, documents, splitting(ONE, complementOf(ONE))), blanks])
  const [between, letter, any] = [`${classOf(ignorable())}*`, classOf(cased()), '[\\x{0}-\\x{10FFFF}]*']
  const shifted = (by: number): Value =>
    by < 0
      ? beside(emitter, [...repeated(blanks, -by), sliceOf(emitter, pieces, 0, by)])
      : beside(emitter, [sliceOf(emitter, pieces, by), ...repeated(blanks, by)])
  const isSigma = (value: Value): Value => emitter.op('Equal', [value, emitter.scalar('string', SIGMA)])
  const matches = (value: Value, pattern: string): Value =>
    emitter.op('RegexFullMatch', [value], {
      attributes: { pattern: { text: pattern } },
      types: [{ dtype: 'bool', shape: PIECES }],
    })
  // A piece of ignorable characters alone leaves it to the one behind it, which is Σ where there is one.
  const reaches = (next: Value, beyond: Value, pattern: string): Value =>
    emitter.op('Or', [matches(next, pattern), emitter.op('And', [matches(next, between), isSigma(beyond)])])
  const before = reaches(shifted(-1), shifted(-2), `${any}${letter}${between}`)
  const behind = reaches(shifted(1), shifted(2), `${between}${letter}${any}`)
  const sigma = isSigma(pieces)
  const final = emitter.op('And', [before, emitter.op('Not', [behind])])
  const lower = emitter.op(
    'Where',
    [final, emitter.scalar('string', 'ς'), emitter.scalar('string', 'σ')],
    texts(PIECES),
  )
  return joined(emitter, emitter.op('Where', [sigma, lower, pieces], texts(PIECES)), blanks)
}

function repeated(value: Value, count: number): readonly Value[] {
  return Array.from({ length: count }, () => value)
}
