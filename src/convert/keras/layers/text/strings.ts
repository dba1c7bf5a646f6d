import type { Emitter, Value } from '../../../graph/types.ts'
import { blanksOf, cutAt, joined } from '../../../text/pieces.ts'

/** What `strip_punctuation` takes out of texts. */
const PUNCTUATION = '[!"#$%&()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~\']'
/** What TensorFlow's `split` takes for a gap. */
const GAPS = '[ \\t\\n\\v\\f\\r]+'

/** [N] with the letters of ASCII in lower case, as TensorFlow has it; other letters stay. */
export function lower(b: Emitter, x: Value): Value {
  return b.op('StringNormalizer', [x], {
    // The locale C has ASCII alone, and every system has it.
    attributes: {
      case_change_action: { text: 'LOWER' },
      is_case_sensitive: { int: 1 },
      locale: { text: 'C' },
    },
    types: [x],
  })
}

/** [N] without its punctuation. */
export function stripPunctuation(b: Emitter, x: Value): Promise<Value> {
  return joined(b, cutAt(b, x, PUNCTUATION), blanksOf(b, x))
}

/** [N] to its words: [N, words], `''` behind the last. */
export function words(b: Emitter, x: Value): Value {
  return cutAt(b, x, GAPS)
}

/** [N] to its characters: [N, characters], `''` behind the last. */
export function characters(b: Emitter, x: Value): Value {
  return cutAt(b, x, '')
}
