import type { Emitter, Value } from '../../../../graph/types.ts'
import { blanksOf, joined, piecesOf } from '../../../../text/pieces.ts'
import { type CodePoints, classOf, complementOf, unionOf } from '../pattern/code-points.ts'
import { PIECES, texts } from '../types.ts'
import type { Replacements } from './fold.ts'

/** No replacement is this. */
const UNCHANGED = '\u0001\u0001'

/**
 * Texts [N] with characters replaced: cut into single characters that are, and runs that are not; looked up; joined.
 * ONNX's StringNormalizer would lower-case by a locale of the machine, which may lack it, and has no `İ`, `ß` or accents.
 */
export async function replaced(
  emitter: Emitter,
  documents: Value,
  { others, none }: Replacements,
): Promise<Value> {
  if (others.size === 0 && none.length === 0) return documents
  const [keys, values] = [[...others.keys()], [...others.values()]]
  const single = unionOf(keys.map(rangeOf))
  const kept = complementOf(unionOf([single, none]))
  const pieces = piecesOf(emitter, documents, splitting(single, kept))
  const chosen = others.size === 0 ? pieces : lookedUp(emitter, pieces, keys, values)
  return joined(emitter, chosen, blanksOf(emitter, documents))
}

function lookedUp(
  emitter: Emitter,
  pieces: Value,
  keys: readonly string[],
  values: readonly string[],
): Value {
  const found = emitter.op('LabelEncoder', [pieces], {
    domain: 'ai.onnx.ml',
    attributes: {
      keys_strings: { texts: keys },
      values_strings: { texts: values },
      default_string: { text: UNCHANGED },
    },
    ...texts(PIECES),
  })
  const unchanged = emitter.op('Equal', [found, emitter.scalar('string', UNCHANGED)])
  return emitter.op('Where', [unchanged, pieces, found], texts(PIECES))
}

/** Single characters of a set, and runs of others; what is in neither is left out. */
export function splitting(single: CodePoints, others: CodePoints): string {
  return single.length === 0 ? `${classOf(others)}+` : `${classOf(others)}+|${classOf(single)}`
}

function rangeOf(character: string): CodePoints {
  const code = character.codePointAt(0) ?? 0
  return [code, code]
}
