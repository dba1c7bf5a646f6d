import { broadcast } from './broadcast.ts'
import { as, same } from './elementwise.ts'
import { intsOf, lengthOf, open, typed, unfit } from './read.ts'
import type { Rule } from './types.ts'

/** Without stop words as many texts come out as went in. */
const stringNormalizer: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  if (lengthOf(node, 'stopwords') === 0) return [typed('string', x.shape)]
  return [typed('string', x.shape && [...x.shape.slice(0, -1), null])]
}

const stringConcat: Rule = ({ inputs: [a, b] }) => a && b && [typed('string', broadcast(a.shape, b.shape))]

/** Pieces of each text, as many as the text with most has; and how many each has. */
const stringSplit: Rule = ({ inputs: [x], outputs }) =>
  x && [typed('string', x.shape && [...x.shape, null]), typed('int64', x.shape)].slice(0, outputs)

/** [texts] or [batch, texts] to counts of n-grams. */
const tfIdfVectorizer: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const indexes = intsOf(node, 'ngram_indexes') ?? []
  const width = indexes.reduce((most, index) => Math.max(most, index), -1) + 1
  if (x.shape && x.shape.length > 2) throw unfit(`TfIdfVectorizer over a tensor of ${x.shape.length} axes`)
  return [typed('float32', x.shape && [...x.shape.slice(0, -1), width])]
}

/** [texts] or [batch, texts]: words of each, as many as the one with most has. */
const tokenizer: Rule = ({ inputs: [x] }) => x && [typed('string', x.shape && [...x.shape, ...open(1)])]

export const text: Readonly<Record<string, Rule>> = {
  StringNormalizer: stringNormalizer,
  StringConcat: stringConcat,
  StringSplit: stringSplit,
  RegexFullMatch: as('bool', same),
  TfIdfVectorizer: tfIdfVectorizer,
  'com.microsoft.Tokenizer': tokenizer,
  'com.microsoft.MurmurHash3': node => {
    const positive = node.attributes['positive']
    const signed = positive && 'int' in positive && Number(positive.int) === 0
    return as(signed ? 'int32' : 'uint32', same)(node)
  },
}
