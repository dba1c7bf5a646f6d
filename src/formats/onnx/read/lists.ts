import type { Field, Range } from '../../protobuf/wire.ts'
import { MAX_INLINE, MAX_INLINE_TEXT } from '../limits.ts'
import type { LongText } from './proto.ts'
import type { Reading } from './reading.ts'

/** A repeated number of an attribute, packed or not: how many, and the first few. */
export class NumberList<T> {
  count = 0
  readonly first: T[] = []

  add(value: T): void {
    if (this.count++ < MAX_INLINE) this.first.push(value)
  }
}

/** A float in the four bytes of a field. */
export async function readFloat(reading: Reading, range: Range): Promise<number> {
  const bytes = await reading.wire.bytes(range, 4, 'a float')
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
}

export async function addFloats(reading: Reading, field: Field, to: NumberList<number>): Promise<void> {
  if (field.kind === 'fixed' && field.bytes === 4) {
    if (to.count < MAX_INLINE) to.add(await readFloat(reading, field.range))
    else to.count++
  } else if (field.kind === 'bytes') {
    const { start, end } = field.range
    const shown = Math.min(Math.floor((end - start) / 4), MAX_INLINE)
    for (let i = 0; i < shown; i++)
      to.add(await readFloat(reading, { start: start + 4 * i, end: start + 4 * i + 4 }))
    to.count += Math.floor((end - start) / 4) - shown
  }
}

export async function addInts(reading: Reading, field: Field, to: NumberList<bigint>): Promise<void> {
  if (field.kind === 'varint') to.add(BigInt.asIntN(64, field.value))
  else if (field.kind === 'bytes')
    await reading.wire.packed(field.range, value => to.add(BigInt.asIntN(64, value)))
}

/** The beginning of a text, whatever its length. */
export async function readLongText(reading: Reading, { start, end }: Range): Promise<LongText> {
  const bytes = end - start
  const shown = Math.min(bytes, MAX_INLINE_TEXT)
  reading.hold(shown)
  const head = await reading.wire.bytes({ start, end: start + shown }, MAX_INLINE_TEXT, 'a text')
  try {
    // A character that the cut splits is no fault.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(head, {
      stream: shown < bytes,
    })
    return { text, bytes }
  } catch {
    return { text: undefined, bytes }
  }
}
