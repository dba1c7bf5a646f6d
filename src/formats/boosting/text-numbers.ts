import type { ByteSource } from '../../core/index.ts'
import type { Failures } from '../errors.ts'
import { CHUNK_BYTES } from './limits.ts'
import type { Run } from './run.ts'

/** What XGBoost and LightGBM write where JSON has no number. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['false', 0],
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
  ['-nan', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])

/** 1: within a decimal number, 2: between numbers; 0: in a word, or nowhere. */
const CLASS = new Uint8Array(256)
for (const character of '0123456789+-.eE') CLASS[character.charCodeAt(0)] = 1
for (const character of ', \t\r\n') CLASS[character.charCodeAt(0)] = 2

/** The decimal numbers of a run, in batches. Whoever found the run saw to it that no number is long. */
export async function* decodeText(
  source: ByteSource,
  run: Run,
  fail: Failures,
): AsyncGenerator<number[], void> {
  for (let at = run.start; at < run.end; ) {
    const bytes = await source.read(at, Math.min(CHUNK_BYTES, run.end - at))
    const last = at + bytes.byteLength === run.end
    const length = last ? bytes.byteLength : lastSeparator(bytes)
    if (length === 0) throw fail.malformed({ name: source.name, offset: at }, 'a number is too long')
    const base = at
    yield numbersIn(bytes.subarray(0, length), (token, offset) =>
      fail.malformed({ name: source.name, offset: base + offset }, `'${token.slice(0, 40)}' is no number`),
    )
    at += length
  }
}

function numbersIn(bytes: Uint8Array, failure: (token: string, offset: number) => Error): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const values: number[] = []
  for (let i = 0; i < bytes.byteLength; i++) {
    if (CLASS[bytes[i]!] === 2) continue
    const start = i
    let plain = true
    for (; i < bytes.byteLength && CLASS[bytes[i]!] !== 2; i++) if (CLASS[bytes[i]!] === 0) plain = false
    const token = text.slice(start, i)
    // Of these characters alone, Number() takes decimal numbers and nothing else.
    const value = plain ? Number(token) : WORDS.get(token)
    if (value === undefined || (plain && Number.isNaN(value))) throw failure(token, start)
    values.push(value)
  }
  return values
}

/** How many bytes end with a comma or white space. */
function lastSeparator(bytes: Uint8Array): number {
  for (let i = bytes.byteLength; i > 0; i--) {
    const byte = bytes[i - 1]!
    if (byte === 0x2c || byte <= 0x20) return i
  }
  return 0
}
