import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, input, listed, relisted } from './emit.ts'

/** Texts one behind the other, with a separator between. */
const join: Convert = call => {
  const { emitter: b, inputs, attributes } = call
  const separator = attributes.text('separator', '')
  const between = separator === '' ? undefined : b.scalar('string', separator)
  return inputs.slice(1).reduce(
    (text, next) => {
      const first = between ? b.op('StringConcat', [text, between]) : text
      return b.op('StringConcat', [first, next])
    },
    input(call, 0),
  )
}

/** ONNX changes the case of lists. */
const changeCase =
  (action: 'LOWER' | 'UPPER'): Convert =>
  call => {
    const { emitter: b } = call
    const x = input(call, 0)
    if (call.attributes.text('encoding', '') !== '')
      throw new Refusal('of letters beyond ASCII', 'Change the case before the model is called.')
    const list = listed(b, x)
    const y = b.op('StringNormalizer', [list], {
      // The locale C has ASCII alone, and every system has it.
      attributes: {
        case_change_action: { text: action },
        is_case_sensitive: { int: 1 },
        locale: { text: 'C' },
      },
      types: [{ dtype: 'string', ...(list.shape && { shape: list.shape }) }],
    })
    return relisted(b, y, x)
  }

/** Both are RE2's expressions. */
const matches = ({ emitter: b }: OpCall, x: Value, pattern: string): Value =>
  b.op('RegexFullMatch', [x], { attributes: { pattern: { text: pattern } } })

const staticMatch: Convert = call => matches(call, input(call, 0), call.attributes.text('pattern'))

async function textOf(call: OpCall, at: number): Promise<string> {
  const { elements } = await call.constant(at)
  if (elements.length !== 1 || typeof elements[0] !== 'string')
    throw new Refusal(`several texts as its input ${at}`)
  return elements[0]
}

const match: Convert = async call => matches(call, input(call, 0), await textOf(call, 1))

const toNumber: Convert = call =>
  cast(call.emitter, input(call, 0), call.attributes.dtype('out_type', 'float32'))

/** Integers as they are, and true and false; digits of other numbers are written otherwise. */
const asString: Convert = call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  if (attributes.int('width', -1) > 0 || attributes.text('fill', '') !== '')
    throw new Refusal('with a width or what fills it')
  if (x.dtype === 'string') return x
  if (x.dtype === 'bool') return b.op('Where', [x, b.scalar('string', 'true'), b.scalar('string', 'false')])
  if (!x.dtype.includes('int'))
    throw new Refusal(`of ${x.dtype}`, 'Round numbers and cast them to int64 before.')
  return cast(b, x, 'string')
}

/**
 * Parts of texts, as places, values and sizes of a sparse tensor. ONNX gives them as a matrix, with how many are in
 * each row.
 */
const split: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const separator = await textOf(call, 1)
  const maximum = attributes.int('maxsplit', -1)
  const [parts, counts] = b.ops('StringSplit', [x], 2, {
    attributes: {
      ...(separator !== '' && { delimiter: { text: separator } }),
      ...(maximum >= 0 && { maxsplit: { int: maximum } }),
    },
  })
  const size = b.op('Shape', [parts!], { attributes: { start: { int: 0 }, end: { int: 2 } } })
  const isPart = b.op('Less', [columns(b, size), b.op('Unsqueeze', [counts!, b.ints([1])])])
  const places = b.op('Transpose', [b.op('NonZero', [isPart])], { attributes: { perm: { ints: [1, 0] } } })
  const flat = (v: Value): Value => b.op('Reshape', [v, b.ints([-1])])
  return [places, b.op('Compress', [flat(parts!), flat(isPart)]), size]
}

/** 0, 1, … of the second size. */
function columns(b: Emitter, size: Value): Value {
  return b.op('Range', [
    b.scalar('int64', 0),
    b.op('Gather', [size, b.scalar('int64', 1)]),
    b.scalar('int64', 1),
  ])
}

export const textOps: OpTable = {
  StringJoin: { convert: join },
  StringLower: { convert: changeCase('LOWER'), limits: 'of ASCII letters' },
  StringUpper: { convert: changeCase('UPPER'), limits: 'of ASCII letters' },
  StaticRegexFullMatch: { convert: staticMatch },
  RegexFullMatch: { convert: match, limits: 'a pattern that is not computed' },
  StringToNumber: { convert: toNumber },
  AsString: { convert: asString, limits: 'of integers and booleans' },
  StringSplitV2: { convert: split, limits: 'a separator that is not computed' },
}
