import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { type EstimatorCall, type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { isKind, told } from '../../fitted/fitted.ts'
import { charactersInWords, charactersOf } from './characters.ts'
import { countingAttributes, termsOf } from './grams.ts'
import { preprocessed } from './preprocess.ts'
import { rangeOf } from './range.ts'
import { weighted } from './tfidf.ts'
import { wordsOf } from './words.ts'

const ANALYZERS = { word: wordsOf, char: charactersOf, char_wb: charactersInWords } as const

const documents = async () => ({ kind: 'documents' }) as const

const LIMITS =
  'not with functions (tokenizer, preprocessor, analyzer) or token patterns whose matches depend on the order of alternatives; a text ends at a zero character, and a batch has a row'

/** How often each term of the vocabulary is in a text. */
export const countVectorizer: EstimatorConverter = {
  limits: LIMITS,
  input: documents,
  async convert(call) {
    const counts = await countsOf(call)
    const { estimator, emitter, purpose } = call
    const dtype = estimator.value('dtype')
    const whole = !isKind(dtype, 'name') || /^u?int/.test(dtype.name)
    return features(purpose === 'predict' && whole ? cast(emitter, counts, 'int64') : counts)
  },
}

export const tfidfVectorizer: EstimatorConverter = {
  limits: LIMITS,
  input: documents,
  async convert(call) {
    const { estimator, emitter } = call
    const counts = cast(emitter, await countsOf(call), 'float64')
    return features(await weighted(emitter, counts, estimator.object('_tfidf')))
  },
}

/** float32 [N, V]: exact. */
async function countsOf(call: EstimatorCall): Promise<Value> {
  const { estimator, emitter } = call
  refuseOtherInput(estimator)
  const analyzer = estimator.choice('analyzer', ['word', 'char', 'char_wb'], 'word')
  const terms = termsOf(estimator)
  const texts = await preprocessed(
    call,
    terms.map(({ text }) => text),
  )
  const { pieces, grams } = ANALYZERS[analyzer](call, texts, terms, rangeOf(estimator))
  const counts = emitter.op('TfIdfVectorizer', [pieces], {
    attributes: countingAttributes(grams),
    types: [{ dtype: 'float32', shape: ['N', terms.length] }],
  })
  return estimator.bool('binary', false) ? emitter.op('Sign', [counts]) : counts
}

/** `input='filename'` reads files. */
function refuseOtherInput(estimator: Fitted): void {
  const input = estimator.value('input') ?? 'content'
  if (input !== 'content')
    throw new Refusal(
      `input=${told(input)}: a model gets texts, and reads no files`,
      "Fit it with input='content'.",
    )
}
