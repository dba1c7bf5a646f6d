import type { Attributes, Emitter, Value } from '../../../graph/types.ts'
import type { Token, Vocabulary } from './vocabulary.ts'

/** Index that no encoding has a column for. */
export const LEFT_OUT = -1n

/** Tokens to their indices, int64: a LabelEncoder. `masked` stands for the mask token. */
export function indicesOf(b: Emitter, x: Value, vocabulary: Vocabulary, masked: bigint): Value {
  const { tokens, mask, oovCount, oovStart, start } = vocabulary
  const indices = tokens.map((_, i) => BigInt(start + i))
  const [keys, values] =
    mask === undefined
      ? [tokens, indices]
      : [
          [mask, ...tokens],
          [masked, ...indices],
        ]
  const otherwise = oovCount === 1 ? BigInt(oovStart) : -1n
  const found = encode(b, x, keys, values, otherwise)
  return oovCount > 1 ? sharedOut(b, x, found, vocabulary) : found
}

/** Indices to their tokens; others, and those of tokens that are not in the vocabulary, to `otherwise`. */
export function tokensOf(b: Emitter, indices: Value, vocabulary: Vocabulary, otherwise: Token): Value {
  const { tokens, mask, start } = vocabulary
  const keys = tokens.map((_, i) => BigInt(start + i))
  const all =
    mask === undefined
      ? [keys, tokens]
      : [
          [0n, ...keys],
          [mask, ...tokens],
        ]
  return encode(b, indices, all[0]!, all[1]!, otherwise)
}

/** Integers that are not in the vocabulary get one of several indices, by their remainder. */
function sharedOut(b: Emitter, x: Value, found: Value, { oovCount, oovStart }: Vocabulary): Value {
  const remainder = b.op('Mod', [x, b.scalar('int64', oovCount)])
  const unknown = b.op('Equal', [found, b.scalar('int64', -1)])
  return b.op('Where', [unknown, b.op('Add', [remainder, b.scalar('int64', oovStart)]), found])
}

function encode(
  b: Emitter,
  x: Value,
  keys: readonly Token[],
  values: readonly Token[],
  otherwise: Token,
): Value {
  const dtype = typeof otherwise === 'string' ? 'string' : 'int64'
  const attributes: Attributes = {
    ...listOf('keys', keys),
    ...listOf('values', values),
    ...(typeof otherwise === 'string'
      ? { default_string: { text: otherwise } }
      : { default_int64: { int: otherwise } }),
  }
  return b.op('LabelEncoder', [x], {
    domain: 'ai.onnx.ml',
    attributes,
    types: [{ dtype, ...(x.shape && { shape: x.shape }) }],
  })
}

function listOf(name: 'keys' | 'values', tokens: readonly Token[]): Attributes {
  const texts = tokens.filter(token => typeof token === 'string')
  const integers = tokens.filter(token => typeof token === 'bigint')
  return texts.length > 0 ? { [`${name}_strings`]: { texts } } : { [`${name}_int64s`]: { ints: integers } }
}
