import { fail, MAX_DIGITS, MAX_INT_BYTES } from '../limits.ts'
import type { Line } from '../machine/cursor.ts'
import type { Handler, Machine } from '../machine/machine.ts'
import { integerOf, parseFloating, parseInteger, parseKey, parseShortInteger } from '../machine/numbers.ts'
import { latin1Of } from '../machine/texts.ts'
import type { PickleNode } from '../types.ts'

const NONE: PickleNode = { kind: 'none' }
const TRUE: PickleNode = { kind: 'bool', value: true }
const FALSE: PickleNode = { kind: 'bool', value: false }
/** Those that BININT1 can give: immutable, so shared. */
const SMALL: readonly PickleNode[] = Array.from({ length: 256 }, (_, i) => ({
  kind: 'int',
  value: BigInt(i),
}))

/** None, booleans and numbers. */
export const SCALARS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['NONE', m => m.stack.push(NONE)],
  ['NEWTRUE', m => m.stack.push(TRUE)],
  ['NEWFALSE', m => m.stack.push(FALSE)],
  ['INT', m => withNumber(m, integerLine)],
  ['LONG', m => withNumber(m, longLine)],
  ['FLOAT', m => withNumber(m, floatLine)],
  ['BININT', m => pushInteger(m, m.cursor.int32())],
  ['BININT1', m => pushInteger(m, m.cursor.uint(1))],
  ['BININT2', m => pushInteger(m, m.cursor.uint(2))],
  ['LONG1', m => long(m, m.cursor.uint(1))],
  ['LONG4', m => long(m, m.cursor.int32())],
  ['BINFLOAT', m => m.push({ kind: 'float', value: m.cursor.float64() })],
])

/** Runs `use` with a line's text, cut at a NUL as C strings are; a promise where that takes a read. */
export function withNumber(
  m: Machine,
  use: (m: Machine, text: string, line: Line) => void,
): void | Promise<void> {
  const line = m.cursor.line(MAX_DIGITS + 1)
  const run = (found: Line): void => {
    if (found.length > MAX_DIGITS)
      throw fail.limit(m.place, `a number of ${found.length} characters; the limit is ${MAX_DIGITS}`)
    if (found.length === 0) throw m.malformed('a number is empty')
    use(m, latin1Of(found.bytes).split('\0', 1)[0]!, found)
  }
  return line instanceof Promise ? line.then(run) : run(line)
}

/** A key of the memo, in decimal. */
export function keyOf(m: Machine, text: string): number {
  const key = parseKey(text)
  if (key === undefined) throw m.malformed(`the key '${text.slice(0, 40)}' is no number`)
  return key
}

function integerLine(m: Machine, text: string, line: Line): void {
  const value = parseShortInteger(text)
  if (value === undefined) throw m.malformed(`'${text.slice(0, 40)}' is no int`)
  // "00" and "01" are booleans, which protocol 0 and 1 have no opcode for.
  if (line.length === 2 && text.length === 2 && (value === 0n || value === 1n))
    m.stack.push(value === 1n ? TRUE : FALSE)
  else m.push({ kind: 'int', value }, text.length)
}

function longLine(m: Machine, text: string): void {
  const value = parseInteger(text.endsWith('L') ? text.slice(0, -1) : text)
  if (value === undefined) throw m.malformed(`'${text.slice(0, 40)}' is no int`)
  m.push({ kind: 'int', value }, text.length)
}

function floatLine(m: Machine, text: string): void {
  const value = parseFloating(text)
  if (value === undefined) throw m.malformed(`'${text.slice(0, 40)}' is no float`)
  m.push({ kind: 'float', value })
}

function pushInteger(m: Machine, value: number): void {
  const small = SMALL[value]
  if (small) m.stack.push(small)
  else m.push({ kind: 'int', value: BigInt(value) })
}

function long(m: Machine, length: number): void | Promise<void> {
  if (length < 0) throw m.malformed(`an int has ${length} bytes`)
  if (length > MAX_INT_BYTES)
    throw fail.limit(m.place, `an int of ${length} bytes; the limit is ${MAX_INT_BYTES}`)
  const content = m.cursor.content(length)
  const push = (bytes: Uint8Array): void => m.push({ kind: 'int', value: integerOf(bytes) }, length)
  return content instanceof Uint8Array ? push(content) : content.then(push)
}
