import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { piecesOf } from '../../../text/pieces.ts'
import type { EstimatorCall, Fitted } from '../../estimator.ts'
import { isKind, told } from '../../fitted/fitted.ts'
import type { Term } from './grams.ts'
import { tokenRule } from './pattern/tokens.ts'
import type { Range } from './range.ts'
import { refuseFunction } from './refuse.ts'
import { ENGLISH } from './stop-words.ts'
import { PIECES, texts } from './types.ts'

/** What is counted, and of which pieces of text [N, pieces]. */
export interface Sequence {
  readonly pieces: Value
  readonly grams: readonly (readonly string[] | undefined)[]
}

/** Words, and n-grams of words that follow each other once stop words are out. */
export function wordsOf(
  { estimator, emitter }: EstimatorCall,
  documents: Value,
  terms: readonly Term[],
  range: Range,
): Sequence {
  refuseFunction(estimator, 'tokenizer')
  const rule = tokenRule(estimator.text('token_pattern', String.raw`(?u)\b\w\w+\b`))
  if (rule.spaces && range.max > 1)
    throw new Refusal(
      `token_pattern='${estimator.text('token_pattern').slice(0, 100)}' lets tokens hold spaces, and ngram_range has n-grams`,
      'Tokens without spaces can be joined to n-grams.',
    )
  const stops = stopWordsOf(estimator)
  const found = piecesOf(emitter, documents, rule.expression, rule.least)
  const whole = rule.whole === undefined ? undefined : matching(emitter, found, rule.whole)
  const keep = range.max > 1 ? both(emitter, whole, withoutStops(emitter, found, stops)) : whole
  const pieces =
    keep === undefined ? found : range.max > 1 ? compacted(emitter, found, keep) : kept(emitter, found, keep)
  return { pieces, grams: terms.map(({ text }) => gramOf(text, range, stops)) }
}

/** Undefined where the n-gram never comes up. */
function gramOf(text: string, range: Range, stops: ReadonlySet<string>): readonly string[] | undefined {
  const tokens = range.max > 1 ? text.split(' ') : [text]
  const fits = tokens.length >= range.min && tokens.length <= range.max
  return fits && tokens.every(token => token !== '' && !stops.has(token)) ? tokens : undefined
}

function stopWordsOf(estimator: Fitted): ReadonlySet<string> {
  if (estimator.isNone('stop_words')) return new Set()
  const value = estimator.value('stop_words')
  if (value === 'english') return ENGLISH
  if (typeof value === 'string') throw new Refusal(`stop_words=${told(value)}`)
  const items = isKind(value, 'object') ? value.items : estimator.list('stop_words')
  return new Set(items.filter(item => typeof item === 'string'))
}

function matching(emitter: Emitter, pieces: Value, pattern: string): Value {
  return emitter.op('RegexFullMatch', [pieces], {
    attributes: { pattern: { text: pattern } },
    types: [{ dtype: 'bool', shape: PIECES }],
  })
}

function withoutStops(emitter: Emitter, pieces: Value, stops: ReadonlySet<string>): Value | undefined {
  if (stops.size === 0) return undefined
  const known = emitter.op('LabelEncoder', [pieces], {
    domain: 'ai.onnx.ml',
    attributes: {
      keys_strings: { texts: [...stops] },
      values_int64s: { ints: Array.from(stops, () => 1) },
      default_int64: { int: 0 },
    },
    types: [{ dtype: 'int64', shape: PIECES }],
  })
  return emitter.op('Equal', [known, emitter.scalar('int64', 0)])
}

function both(emitter: Emitter, a: Value | undefined, b: Value | undefined): Value | undefined {
  return a && b ? emitter.op('And', [a, b]) : (a ?? b)
}

function kept(emitter: Emitter, pieces: Value, keep: Value): Value {
  return emitter.op('Where', [keep, pieces, emitter.scalar('string', '')], texts(PIECES))
}

/** Pieces that are kept moved together, so that n-grams reach over those that are not: sorted by their places. */
function compacted(emitter: Emitter, pieces: Value, keep: Value): Value {
  const vector = { types: [{ dtype: 'int64', shape: [1] }] } as const
  const shape = emitter.op('Shape', [pieces], { types: [{ dtype: 'int64', shape: [2] }] })
  const width = emitter.op('Gather', [shape, emitter.ints([1])], vector)
  const scalar = emitter.op('Reshape', [width, emitter.ints([])], { types: [{ dtype: 'int64', shape: [] }] })
  const places = emitter.op('Range', [emitter.scalar('int64', 0), scalar, emitter.scalar('int64', 1)], {
    types: [{ dtype: 'int64', shape: [null] }],
  })
  const grid = { types: [{ dtype: 'int64', shape: PIECES }] } as const
  const keys = emitter.op('Where', [keep, places, emitter.op('Add', [places, width])], grid)
  const [, order] = emitter.ops('TopK', [keys, width], 2, {
    attributes: { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } },
    types: [...grid.types, ...grid.types],
  })
  return emitter.op('GatherElements', [kept(emitter, pieces, keep), order], {
    attributes: { axis: { int: 1 } },
    ...texts(PIECES),
  })
}
