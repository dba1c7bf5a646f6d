import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import { cast } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { type EncodingMode, encodeIndices } from './encode.ts'
import { indicesOf, LEFT_OUT, tokensOf } from './lookup.ts'
import { readVocabulary, type Token, type TokenKind, tokenOf, type Vocabulary } from './vocabulary.ts'

export type LookupMode = EncodingMode | 'int' | 'tf_idf'

const MODES: ReadonlyMap<string, LookupMode> = new Map([
  ['int', 'int'],
  ['one_hot', 'one_hot'],
  ['multi_hot', 'multi_hot'],
  ['count', 'count'],
  ['tf_idf', 'tf_idf'],
  // Names of earlier releases.
  ['binary', 'multi_hot'],
  ['tf-idf', 'tf_idf'],
])

export const stringLookup = (call: LayerCall): Promise<readonly Carried[]> => lookup(call, 'texts')
export const integerLookup = (call: LayerCall): Promise<readonly Carried[]> => lookup(call, 'integers')

async function lookup(call: LayerCall, kind: TokenKind): Promise<readonly Carried[]> {
  const { b, config, inputs } = call
  const mode = lookupMode(call)
  const inverse = config.bool('invert', false)
  const oov = specialToken(call, kind, 'oov_token') ?? (kind === 'texts' ? '[UNK]' : -1n)
  const vocabulary = await readVocabulary(call, {
    kind,
    mask: specialToken(call, kind, 'mask_token'),
    oov,
    oovCount: oovCount(call, kind),
    indices: mode === 'int',
  })
  if (inverse) return [tokensOf(b, cast(b, inputs[0], 'int64'), vocabulary, oov)]
  const x = kind === 'texts' ? textsIn(call, inputs[0]) : cast(b, inputs[0], 'int64')
  return [encodeLookup(call, x, vocabulary, mode)]
}

/** Tokens as the layer's output mode has them. */
function encodeLookup(call: LayerCall, tokens: Value, vocabulary: Vocabulary, mode: LookupMode): Value {
  if (mode === 'int') return indicesOf(call.b, tokens, vocabulary, 0n)
  return encodeColumns(call, indicesOf(call.b, tokens, vocabulary, LEFT_OUT), vocabulary, mode)
}

/** Indices as columns. Keras 3 gives integers, those before it floats. */
export function encodeColumns(
  call: LayerCall,
  indices: Value,
  vocabulary: Vocabulary,
  mode: Exclude<LookupMode, 'int'>,
): Value {
  const { b, generation, config, name } = call
  if (config.bool('sparse', false))
    call.note(`'${name}' gives a dense tensor, where Keras gives a sparse one`)
  const dtype = generation === 3 ? 'int64' : 'float32'
  const { depth } = vocabulary
  if (mode !== 'tf_idf') return encodeIndices(b, indices, { mode, depth, dtype })
  const counts = encodeIndices(b, indices, { mode: 'count', depth, dtype: 'float32' })
  return b.op('Mul', [counts, inverseFrequencies(call, vocabulary)])
}

/** Weights of all columns: a variable, or the config's list, with their mean for tokens that are not in the list. */
function inverseFrequencies(
  { b, config, name, weights }: LayerCall,
  { depth, start, withSpecials }: Vocabulary,
): Value {
  const variable = weights.find('idf_weights', 0)
  if (variable) {
    if (variable.shape.join() !== String(depth))
      throw invalid(`'${name}' has ${variable.shape.join(' × ')} weights for ${depth} columns`)
    return b.weight(variable, variable.name)
  }
  const listed = config.list('idf_weights').map(weight => (typeof weight === 'number' ? weight : Number.NaN))
  const mean = listed.reduce((sum, weight) => sum + weight, 0) / listed.length
  const front = withSpecials ? [] : Array.from({ length: start }, () => mean)
  const back = Array.from({ length: Math.max(0, depth - front.length - listed.length) }, () => 0)
  const all = [...front, ...listed, ...back]
  if (all.length !== depth || !all.every(Number.isFinite))
    config.fail('idf_weights', 'a number for each token')
  return b.constant('float32', [depth], all)
}

export function lookupMode({ config }: LayerCall): LookupMode {
  const given = config.text('output_mode', 'int')
  return MODES.get(given) ?? config.fail('output_mode', `one of ${[...MODES.keys()].join(', ')}`)
}

function specialToken(call: LayerCall, kind: TokenKind, key: string): Token | undefined {
  const given = call.config.get(key)
  return given === undefined ? undefined : tokenOf(call, kind, given)
}

function oovCount({ name, config, note }: LayerCall, kind: TokenKind): number {
  const count = config.int('num_oov_indices', 1)
  const hashed = kind === 'texts' || config.text('oov_method', 'floormod') === 'farmhash'
  if (count > 1 && hashed)
    throw new Refusal(
      "several 'num_oov_indices' that are told apart by a hash",
      'Give the layer one index for what is not in the vocabulary, or look texts up before the model is called.',
    )
  if (count === 0) note(`'${name}' gives −1 for what is not in its vocabulary, where Keras stops`)
  return count
}

function textsIn({ className, name }: LayerCall, x: Value): Value {
  if (x.dtype === 'string') return x
  throw invalid(`${className} '${name}' takes texts, and gets ${x.dtype}`)
}
