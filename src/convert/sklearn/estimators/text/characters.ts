import type { Emitter, Value } from '../../../graph/types.ts'
import { piecesOf } from '../../../text/pieces.ts'
import type { EstimatorCall } from '../../estimator.ts'
import type { Term } from './grams.ts'
import { space } from './pattern/classes.ts'
import { classOf, complementOf } from './pattern/code-points.ts'
import type { Range } from './range.ts'
import { PIECES, texts } from './types.ts'
import type { Sequence } from './words.ts'

/** Characters, with two or more of white space as one space: a lone tab or line feed stays what it is. */
export function charactersOf(
  { emitter }: EstimatorCall,
  documents: Value,
  terms: readonly Term[],
  range: Range,
): Sequence {
  const white = classOf(space())
  const found = piecesOf(emitter, documents, `${white}+|${classOf(complementOf(space()))}`)
  const long = emitter.op('RegexFullMatch', [found], {
    attributes: { pattern: { text: `${white}{2,}` } },
    types: [{ dtype: 'bool', shape: PIECES }],
  })
  const pieces = emitter.op('Where', [long, emitter.scalar('string', ' '), found], texts(PIECES))
  return {
    pieces,
    grams: terms.map(({ text }) => {
      const letters = Array.from(text)
      return letters.length >= range.min && letters.length <= range.max ? letters : undefined
    }),
  }
}

/**
 * Characters within words, each word with a space before and behind it: no n-gram of the vocabulary has two spaces that
 * follow each other, so none reaches from word to word. Shorter ones than the range are whole words, counted once.
 */
export function charactersInWords(
  { emitter }: EstimatorCall,
  documents: Value,
  terms: readonly Term[],
  range: Range,
): Sequence {
  const words = piecesOf(emitter, documents, `${classOf(complementOf(space()))}+`)
  const blank = emitter.scalar('string', ' ')
  const spaced = emitter.op(
    'StringConcat',
    [emitter.op('StringConcat', [blank, words], texts(PIECES)), blank],
    texts(PIECES),
  )
  return {
    pieces: flattened(emitter, letters(emitter, spaced)),
    grams: terms.map(({ text }) => wordGram(text, range)),
  }
}

function wordGram(text: string, range: Range): readonly string[] | undefined {
  const letters = Array.from(text)
  if (letters.length > range.max) return undefined
  if (letters.length >= range.min) return letters
  return letters.length > 2 && letters[0] === ' ' && letters.at(-1) === ' ' ? letters : undefined
}

/** [N, words] to [N, words, letters]. */
function letters(emitter: Emitter, words: Value): Value {
  return emitter.op('Tokenizer', [words], {
    domain: 'com.microsoft',
    attributes: {
      mark: { int: 0 },
      mincharnum: { int: 1 },
      pad_value: { text: '' },
      separators: { texts: [''] },
    },
    ...texts(['N', null, null]),
  })
}

function flattened(emitter: Emitter, value: Value): Value {
  const shape = emitter.op('Shape', [value], { types: [{ dtype: 'int64', shape: [3] }] })
  const rows = emitter.op('Gather', [shape, emitter.ints([0])], { types: [{ dtype: 'int64', shape: [1] }] })
  const rest = emitter.op('Gather', [shape, emitter.ints([1, 2])], {
    types: [{ dtype: 'int64', shape: [2] }],
  })
  const width = emitter.op('ReduceProd', [rest], { types: [{ dtype: 'int64', shape: [1] }] })
  const wanted = emitter.op('Concat', [rows, width], {
    attributes: { axis: { int: 0 } },
    types: [{ dtype: 'int64', shape: [2] }],
  })
  return emitter.op('Reshape', [value, wanted], { attributes: { allowzero: { int: 1 } }, ...texts(PIECES) })
}
