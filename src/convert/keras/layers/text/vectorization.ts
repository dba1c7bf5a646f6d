import type { Value } from '../../../graph/types.ts'
import { compact, readMask } from '../../../recurrent/index.ts'
import { Refusal } from '../../../refusals.ts'
import { blanksOf } from '../../../text/pieces.ts'
import { invalid } from '../../config.ts'
import { cast, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { grams, type Tokens } from './grams.ts'
import { indicesOf, LEFT_OUT } from './lookup.ts'
import { encodeColumns, lookupMode } from './lookup-layers.ts'
import { characters, lower, stripPunctuation, words } from './strings.ts'
import { readVocabulary, type Vocabulary } from './vocabulary.ts'

const OWN_CODE = 'Use one of the ways that Keras names, or do it before the model is called.'
/** Words that one gram joins: past these, each row has thousands of columns for a sentence. */
const MAX_GRAM = 64

/** Texts to the numbers of their words in a vocabulary: cleaned, cut up, joined to grams, looked up. */
export async function textVectorization(call: LayerCall): Promise<readonly Carried[]> {
  const { b, config } = call
  if (config.bool('ragged', false)) throw new Refusal("'ragged=True': ONNX has no ragged tensors")
  if (config.text('encoding', 'utf-8').toLowerCase() !== 'utf-8')
    throw new Refusal('texts that are not in UTF-8')
  const mode = lookupMode(call)
  const vocabulary = await readVocabulary(call, {
    kind: 'texts',
    mask: '',
    oov: '[UNK]',
    oovCount: 1,
    indices: mode === 'int',
  })
  const tokens = await tokensIn(call)
  if (mode === 'int') return [numbers(call, tokens, vocabulary)]
  const indices = indicesOf(b, tokens.texts, vocabulary, LEFT_OUT)
  const kept = b.op('Where', [tokens.there, indices, b.scalar('int64', LEFT_OUT)])
  return [encodeColumns(call, kept, vocabulary, mode)]
}

async function tokensIn(call: LayerCall): Promise<Tokens> {
  const { b } = call
  const texts = await cleaned(call)
  const widths = widthsOf(call)
  const split = wayOf(call, 'split', ['whitespace', 'character'], 'whitespace')
  if (split === undefined) {
    if (widths) throw new Refusal('grams of texts that are not split')
    return { texts, there: b.op('Equal', [texts, texts]) }
  }
  const list = asList(call, texts)
  const pieces = split === 'character' ? characters(b, list) : words(b, list)
  const tokens = { texts: pieces, there: b.op('Not', [b.op('Equal', [pieces, b.scalar('string', '')])]) }
  return widths ? grams(b, tokens, blanksOf(b, list), widths) : tokens
}

/** ONNX changes lists of texts alone. */
async function cleaned(call: LayerCall): Promise<Value> {
  const { b, inputs } = call
  const [x] = inputs
  if (x.dtype !== 'string') throw invalid(`TextVectorization '${call.name}' takes texts, and gets ${x.dtype}`)
  const way = wayOf(
    call,
    'standardize',
    ['lower_and_strip_punctuation', 'lower', 'strip_punctuation'],
    'lower_and_strip_punctuation',
  )
  if (way === undefined) return x
  const list = shapeOf(x).length === 1 ? x : b.op('Reshape', [x, b.ints([-1])])
  const small = way === 'strip_punctuation' ? list : lower(b, list)
  const clean = way === 'lower' ? small : await stripPunctuation(b, small)
  return shapeOf(x).length === 1 ? clean : b.op('Reshape', [clean, b.op('Shape', [x])])
}

/** [N], of [N] or [N, 1]. */
function asList({ b, name }: LayerCall, x: Value): Value {
  const shape = shapeOf(x)
  if (shape.length === 1) return x
  if (shape.length === 2 && shape[1] === 1) return b.op('Squeeze', [x, b.ints([1])])
  throw invalid(`TextVectorization '${name}' splits one text in each row, and gets [${shape.join(', ')}]`)
}

/** Numbers of tokens, 0 behind the last: as many as the longest row has, or as the config says. */
function numbers(call: LayerCall, { texts, there }: Tokens, vocabulary: Vocabulary): Value {
  const { b, config } = call
  const found = b.op('Where', [there, indicesOf(b, texts, vocabulary, 0n), b.scalar('int64', 0)])
  const joinedGrams = config.has('ngrams')
  const masked = joinedGrams ? readMask(b, there) : undefined
  const rows = masked ? compact(b, masked, found) : found
  if (!config.has('output_sequence_length')) {
    if (!masked) return rows
    const most = cast(
      b,
      b.op('ReduceMax', [masked.lengths], { attributes: { keepdims: { int: 0 } } }),
      'int64',
    )
    return sliceTo(call, rows, b.op('Unsqueeze', [most, b.ints([0])]))
  }
  return toLength(call, rows, config.int('output_sequence_length'))
}

function toLength(call: LayerCall, rows: Value, length: number): Value {
  const { b } = call
  const count = b.op('Shape', [rows], { attributes: { end: { int: 1 } } })
  const shape = b.op('Concat', [count, b.ints([length])], { attributes: { axis: { int: 0 } } })
  const zeros = b.op('Expand', [b.scalar('int64', 0), shape])
  const padded = b.op('Concat', [rows, zeros], { attributes: { axis: { int: 1 } } })
  const cut = sliceTo(call, padded, b.ints([length]))
  return { ...cut, shape: [shapeOf(rows)[0] ?? null, length] }
}

function sliceTo({ b }: LayerCall, x: Value, end: Value): Value {
  return b.op('Slice', [x, b.ints([0]), end, b.ints([1])])
}

/** One of the ways that Keras has names for; undefined for none. */
function wayOf<const Way extends string>(
  { config }: LayerCall,
  key: string,
  ways: readonly Way[],
  fallback: NoInfer<Way>,
): Way | undefined {
  if (config.json[key] === null) return undefined
  const given = config.get(key) ?? fallback
  if (typeof given !== 'string') throw new Refusal(`a function of your own as '${key}'`, OWN_CODE)
  return config.choice(key, ways, fallback)
}

/** `2` stands for 1 and 2. */
function widthsOf({ config }: LayerCall): readonly number[] | undefined {
  const given = config.get('ngrams')
  if (given === undefined) return undefined
  const widths = config.intList('ngrams', { min: 1, max: MAX_GRAM })
  if (widths.length === 0) config.fail('ngrams', 'an integer, or integers')
  return Array.isArray(given) ? widths : Array.from({ length: widths[0]! }, (_, i) => i + 1)
}
