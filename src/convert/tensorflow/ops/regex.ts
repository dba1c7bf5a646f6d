import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { blanksOf, cutAt, joined, piecesOf } from '../../text/pieces.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { input, listed, relisted } from './emit.ts'

/** What `isspace` takes for a space. */
const SPACES = ' \\t\\n\\v\\f\\r'

/** Texts without the spaces around them: from the first that is none to the last. */
const strip: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const words = piecesOf(b, listed(b, x), `[^${SPACES}]|[^${SPACES}](?s:.)*[^${SPACES}]`)
  const first = b.op('Concat', [words, blanksOf(b, listed(b, x))], { attributes: { axis: { int: 1 } } })
  const text = b.op('Gather', [first, b.scalar('int64', 0)], { attributes: { axis: { int: 1 } } })
  return relisted(b, text, x)
}

/** What looks at more than the letters that it takes: it means another thing in a piece of the text. */
const LOOKS_AROUND = /\^|\$|\\[bBAzZ]/
/** What may take nothing, or less than it could: the runtime takes the longest. */
const TAKES_LESS = /[*?|]|\{0?,/

/**
 * Matches of an expression by a text. Without one they are cut out. Else a text is cut into its matches and the letters
 * between them, and the former are exchanged.
 */
async function replaced(call: OpCall, pattern: string, text: string): Promise<Value> {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const plain = withoutClasses(pattern)
  if (!attributes.bool('replace_global', true)) throw new Refusal('replace_global=false')
  if (text.includes('\\')) throw new Refusal(`with parts of the match: '${text.slice(0, 40)}'`)
  if (LOOKS_AROUND.test(plain) || TAKES_LESS.test(plain))
    throw new Refusal(
      `of the pattern '${pattern.slice(0, 80)}'`,
      'Clean texts before the model is called, or with patterns that are classes of letters.',
    )
  const list = listed(b, x)
  const pieces = text === '' ? cutAt(b, list, pattern) : exchanged(b, list, pattern, text)
  return relisted(b, await joined(b, pieces, blanksOf(b, list)), x)
}

function exchanged(b: Emitter, list: Value, pattern: string, text: string): Value {
  const pieces = piecesOf(b, list, `(?:${pattern})|(?s:.)`)
  const isMatch = b.op('RegexFullMatch', [pieces], { attributes: { pattern: { text: pattern } } })
  return b.op('Where', [isMatch, b.scalar('string', text), pieces])
}

/** `[^a-z?]+` as `c+`: in a class, signs are letters. */
function withoutClasses(pattern: string): string {
  return pattern.replaceAll(/\\[^bBAzZ]/g, 'c').replaceAll(/\[\^?\]?[^\]]*\]/g, 'c')
}

const staticReplace: Convert = call =>
  replaced(call, call.attributes.text('pattern'), call.attributes.text('rewrite'))

async function textOf(call: OpCall, at: number): Promise<string> {
  const { elements } = await call.constant(at)
  if (elements.length !== 1 || typeof elements[0] !== 'string')
    throw new Refusal(`several texts as its input ${at}`)
  return elements[0]
}

const replace: Convert = async call => replaced(call, await textOf(call, 1), await textOf(call, 2))

export const regexOps: OpTable = {
  StringStrip: { convert: strip },
  StaticRegexReplace: { convert: staticReplace, limits: 'patterns of classes of letters' },
  RegexReplace: { convert: replace, limits: 'patterns of classes of letters' },
}
