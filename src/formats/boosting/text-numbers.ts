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

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

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
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
    const tokens = text.split(/[,\s]+/)
    const values: number[] = []
    for (const token of tokens) if (token !== '') values.push(numberOf(token, at))
    yield values
    at += length
  }

  function numberOf(token: string, at: number): number {
    const word = WORDS.get(token)
    if (word !== undefined) return word
    // Number() alone would take '' and '0x1'.
    if (!NUMBER.test(token))
      throw fail.malformed({ name: source.name, offset: at }, `'${token.slice(0, 40)}' is no number`)
    return Number(token)
  }
}

/** How many bytes end with a comma or white space. */
function lastSeparator(bytes: Uint8Array): number {
  for (let i = bytes.byteLength; i > 0; i--) {
    const byte = bytes[i - 1]!
    if (byte === 0x2c || byte <= 0x20) return i
  }
  return 0
}
