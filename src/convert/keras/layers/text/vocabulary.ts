import type { Json } from '../../../../core/index.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import type { LayerCall } from '../../layer.ts'

/** A term, or what stands for one: texts of a StringLookup, integers of an IntegerLookup. */
export type Token = string | bigint

/** What a layer looks up, and where in its output that begins. */
export interface Vocabulary {
  /** Without the special tokens. */
  readonly tokens: readonly Token[]
  /** Stands for steps that are left out; absent where there are none. */
  readonly mask: Token | undefined
  /** Of what is not in the vocabulary: so many indices from `oovStart`. */
  readonly oovCount: number
  readonly oovStart: number
  /** Index of the first token. */
  readonly start: number
  /** Of all indices: what encodings have columns for. */
  readonly depth: number
  /** The vocabulary as it is kept begins with the special tokens. */
  readonly withSpecials: boolean
}

export type TokenKind = 'texts' | 'integers'

export interface VocabularySettings {
  readonly kind: TokenKind
  readonly mask: Token | undefined
  readonly oov: Token | undefined
  readonly oovCount: number
  /** Indices, where a mask has one of its own. */
  readonly indices: boolean
}

/** Columns that `pad_to_max_tokens` may ask for: more than any vocabulary that is used as columns has terms. */
const MAX_COLUMNS = 4_000_000

/** Reads a layer's vocabulary: from its config, or from the file that it saved beside its variables. */
export async function readVocabulary(call: LayerCall, settings: VocabularySettings): Promise<Vocabulary> {
  const { kind, mask, oov, oovCount, indices } = settings
  const listed = await listedTokens(call, kind)
  if (listed.length === 0) throw invalid(`The vocabulary of ${call.className} '${call.name}' is empty`)
  const oovStart = mask !== undefined && indices ? 1 : 0
  const start = oovStart + oovCount
  const withSpecials =
    listed.length >= start &&
    listed.slice(0, start).every((token, i) => token === (i < oovStart ? mask : oov))
  const tokens = withSpecials ? listed.slice(start) : listed
  const size = start + tokens.length
  const depth = indices ? size : paddedDepth(call, size)
  return { tokens, mask, oovCount, oovStart, start, depth, withSpecials }
}

/** `pad_to_max_tokens`: as many columns as the vocabulary might have. */
function paddedDepth({ config }: LayerCall, size: number): number {
  if (!config.bool('pad_to_max_tokens', false)) return size
  return config.int('max_tokens', undefined, { min: size, max: Math.max(size, MAX_COLUMNS) })
}

async function listedTokens(call: LayerCall, kind: TokenKind): Promise<readonly Token[]> {
  const { config, weights } = call
  if (config.has('vocabulary')) {
    const given = config.get('vocabulary')
    if (typeof given === 'string')
      throw new Refusal(
        'a vocabulary in a file that is not in the archive',
        'Give the layer its vocabulary as a list.',
      )
    return config.list('vocabulary').map(token => tokenOf(call, kind, token))
  }
  const file = await weights.asset('vocabulary.txt')
  if (!file)
    throw new Refusal(
      'a vocabulary that is not in the file',
      'Save the model in Keras’ own format: model.save("model.keras").',
    )
  return linesOf(new TextDecoder().decode(file)).map(line => tokenOf(call, kind, line))
}

/** As Python's `splitlines` has it, without empty lines at the end. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(LINE_ENDS)
  while (lines.at(-1) === '') lines.pop()
  return lines
}

const LINE_ENDS = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

export function tokenOf(call: LayerCall, kind: TokenKind, json: Json): Token {
  if (kind === 'texts' && typeof json === 'string') return json
  if (kind === 'integers' && typeof json === 'number' && Number.isInteger(json)) {
    if (Number.isSafeInteger(json)) return BigInt(json)
    throw new Refusal(
      'integers of the vocabulary beyond 2⁵³',
      'Adapt the layer, which saves them in a file of their own.',
    )
  }
  if (kind === 'integers' && typeof json === 'string' && /^-?\d{1,19}$/.test(json))
    return BigInt.asIntN(64, BigInt(json))
  throw invalid(
    `The vocabulary of ${call.className} '${call.name}' holds ${JSON.stringify(json).slice(0, 80)}`,
  )
}
