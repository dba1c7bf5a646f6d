import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { beside, blanksOf, cutAt, joined, sliceOf } from '../../text/pieces.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, input, invalid, listed, relisted } from './emit.ts'

const isUtf8 = (call: OpCall): boolean => call.attributes.text('unit', 'BYTE') === 'UTF8_CHAR'

/** Letters that have more bytes than one in UTF-8: from 2, 3 and 4. */
const LONGER = ['[\\x{80}-\\x{10ffff}]', '[\\x{800}-\\x{10ffff}]', '[\\x{10000}-\\x{10ffff}]']

/** How many letters a text has, or bytes in UTF-8. */
const length: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const list = listed(b, x)
  const letters = beside(b, [cutAt(b, list, ''), blanksOf(b, list)])
  const isOne = (pattern: string): Value => {
    const found = b.op('RegexFullMatch', [letters], { attributes: { pattern: { text: pattern } } })
    return cast(b, found, 'int32')
  }
  const bytes = ['(?s:.)', ...(isUtf8(call) ? [] : LONGER)]
    .map(isOne)
    .reduce((sum, more) => b.op('Add', [sum, more]))
  const counts = b.op('ReduceSum', [bytes, b.ints([1])], { attributes: { keepdims: { int: 0 } } })
  return relisted(b, counts, x)
}

/** Letters from one place on; a place below 0 counts from the end. Bytes are taken for letters. */
const substring: Convert = async call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const [from = 0, ...otherPlaces] = await call.integers(1)
  const [count = 0, ...otherCounts] = await call.integers(2)
  if (otherPlaces.length + otherCounts.length > 0) throw new Refusal('with a place for each text')
  if (from < 0) throw new Refusal('from a place before the end', 'Count places from the start.')
  const list = listed(b, x)
  const letters = cutAt(b, list, '')
  const part = sliceOf(b, letters, from, from + Math.max(count, 0))
  return relisted(b, await joined(b, part, blanksOf(b, list)), x)
}

/** Texts of some axes joined to one: those axes are brought behind, the first of them last, and made one. */
const reduceJoin: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const { shape } = x
  if (!shape) throw new Refusal('of a tensor whose rank is not known')
  const given = await call.integers(1)
  const axes = given.map(axis => (axis < 0 ? axis + shape.length : axis))
  if (axes.some(axis => axis < 0 || axis >= shape.length))
    throw invalid(`${call.op} '${call.name}' has the axes [${given.slice(0, 8).join(', ')}]`)
  if (axes.length === 0) return x
  const others = shape.map((_, i) => i).filter(i => !axes.includes(i))
  const turned = b.op('Transpose', [x], { attributes: { perm: { ints: [...others, ...axes.toReversed()] } } })
  const sizes = b.op('Shape', [x])
  const kept = b.op('Gather', [sizes, b.ints(others)])
  const width = b.op('ReduceProd', [b.op('Gather', [sizes, b.ints(axes)]), b.ints([0])])
  const target = b.op('Concat', [b.ints([-1]), width], { attributes: { axis: { int: 0 } } })
  const rows = separated(b, b.op('Reshape', [turned, target]), attributes.text('separator', ''))
  const first = b.op('Reshape', [b.op('Slice', [rows, b.ints([0]), b.ints([1]), b.ints([1])]), b.ints([-1])])
  const texts = await joined(b, rows, blanksOf(b, first))
  const whole = b.op('Reshape', [texts, kept])
  const keep = attributes.bool('keep_dims', false)
  return keep ? b.op('Unsqueeze', [whole, b.ints(axes.toSorted((a, c) => a - c))]) : whole
}

/** `[n, texts]` with a separator before each but the first of a row. */
function separated(b: Emitter, rows: Value, separator: string): Value {
  if (separator === '') return rows
  const first = sliceOf(b, rows, 0, 1)
  return beside(b, [first, b.op('StringConcat', [b.scalar('string', separator), sliceOf(b, rows, 1)])])
}

/** All texts are UTF-8 here. */
const transcode: Convert = call => {
  const { attributes } = call
  const [from, to] = [attributes.text('input_encoding'), attributes.text('output_encoding')]
  if (from !== 'UTF-8' || to !== 'UTF-8' || attributes.bool('replace_control_characters', false))
    throw new Refusal(`from ${from.slice(0, 40)} to ${to.slice(0, 40)}`)
  return input(call, 0)
}

export const letterOps: OpTable = {
  StringLength: { convert: length },
  Substr: { convert: substring, limits: 'of ASCII letters, or by UTF8_CHAR' },
  ReduceJoin: { convert: reduceJoin },
  UnicodeTranscode: { convert: transcode, limits: 'of UTF-8' },
}
