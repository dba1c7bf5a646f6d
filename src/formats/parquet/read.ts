import type { ByteSource } from '../../core/index.ts'
import { PIECE_BYTES } from '../ports.ts'
import type { Column } from './columns.ts'
import { readValues, type Values } from './encodings/values.ts'
import type { Footer } from './file/footer.ts'
import { type Page, pagesOf } from './file/pages.ts'
import { fail } from './limits.ts'

const NAN: ReadonlyMap<string, Uint8Array> = new Map([
  ['float16', Uint8Array.of(0, 0x7e)],
  ['float32', Uint8Array.of(0, 0, 0xc0, 0x7f)],
  ['float64', Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0x7f)],
])

/** A column's numbers, page by page; a null is NaN, and refused where there is none. */
export async function* numbersOf(
  source: ByteSource,
  footer: Footer,
  column: Column,
): AsyncGenerator<Uint8Array, void> {
  const width = column.width!
  const most = Math.max(1, Math.floor(PIECE_BYTES / width)) * width
  for await (const { page, values } of decoded(source, footer, column)) {
    if (values.kind !== 'fixed') continue
    const packed = values.width === width ? values.bytes : narrowed(values.bytes, values.width, width)
    const bytes = withNulls(packed, page, column, width)
    for (let at = 0; at < bytes.byteLength; at += most) yield bytes.slice(at, at + most)
  }
}

/** A column's texts; bytes that are none in base64, a null as the empty text. */
export async function* textsOf(
  source: ByteSource,
  footer: Footer,
  column: Column,
): AsyncGenerator<string, void> {
  const encoding = column.info.dtype === 'string' ? 'utf8' : 'base64'
  for await (const { page, values } of decoded(source, footer, column)) {
    if (values.kind !== 'texts') continue
    const { definition } = page
    let next = 0
    for (let index = 0; index < page.count; index++) {
      const there = definition === undefined || definition[index] === column.leaf.maxDefinition
      const text = there ? values.texts[next++]! : undefined
      yield text === undefined
        ? ''
        : Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString(encoding)
    }
  }
}

async function* decoded(
  source: ByteSource,
  footer: Footer,
  column: Column,
): AsyncGenerator<{ readonly page: Page; readonly values: Values }, void> {
  const { leaf, index, perRow } = column
  for (const group of footer.groups) {
    let dictionary: Values | undefined
    let done = 0
    for await (const page of pagesOf(source, group.chunks[index]!, leaf)) {
      if (page.kind === 'dictionary') {
        dictionary = readValues(page, leaf, page.count, undefined)
        continue
      }
      if (perRow !== undefined) checkRows(page, perRow, done, column)
      done += page.count
      yield { page, values: readValues(page, leaf, presentIn(page, leaf.maxDefinition), dictionary) }
    }
    const expected = perRow === undefined ? group.rows : group.rows * perRow
    if (done !== expected)
      throw fail.malformed(
        { name: source.name, offset: group.chunks[index]!.start },
        `the column '${column.info.name}' has ${done} values in a row group of ${group.rows} rows`,
      )
  }
}

function presentIn({ definition, count }: Page, level: number): number {
  if (definition === undefined) return count
  let present = 0
  for (const value of definition) if (value === level) present++
  return present
}

/** A row must begin at every `perRow`th value, and nowhere else. */
function checkRows({ repetition, place }: Page, perRow: number, done: number, column: Column): void {
  if (!repetition) return
  for (let index = 0; index < repetition.length; index++)
    if ((repetition[index] === 0) !== ((done + index) % perRow === 0))
      throw fail.unsupported(place, `the rows of '${column.info.name}' are lists of different lengths`, {
        hint: 'Write lists of one length, or one column for each value.',
      })
}

function withNulls(
  packed: Uint8Array,
  { definition, place, count }: Page,
  column: Column,
  width: number,
): Uint8Array {
  if (!definition || packed.byteLength === count * width) return packed
  const nan = NAN.get(column.info.dtype)
  if (!nan)
    throw fail.unsupported(
      place,
      `'${column.info.name}' has nulls, and ${column.info.dtype} has no value for them`,
      {
        hint: 'Fill them, or write the column as floats.',
      },
    )
  const out = new Uint8Array(count * width)
  let from = 0
  for (let index = 0; index < count; index++) {
    const there = definition[index] === column.leaf.maxDefinition
    out.set(there ? packed.subarray(from, from + width) : nan, index * width)
    if (there) from += width
  }
  return out
}

/** The lower bytes of each value. */
function narrowed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array((bytes.byteLength / from) * to)
  for (let at = 0, next = 0; at < bytes.byteLength; at += from)
    for (let byte = 0; byte < to; byte++) out[next++] = bytes[at + byte]!
  return out
}
