import type { ByteSource } from '../../../core/index.ts'
import { viewOf } from './fields.ts'
import type { Hazards } from './hazards.ts'

const END_BYTES = 22
const MAX_COMMENT = 0xffff
/** One would do. */
const MAX_OTHERS = 16
const LOCATOR_BYTES = 20
const END64_BYTES = 56

/** What an end record says of its directory. */
export interface EndRecord {
  /** Of the record itself. */
  readonly offset: number
  readonly entries: number
  readonly size: number
  /** Where it says that the directory is. */
  readonly stated: number
  /**
   * Where the directory is if it lies right before the end: loaders that allow bytes in front of an archive look
   * there, and take every offset as so much larger.
   */
  readonly adjacent: number
  /** Other places that look like an end record, nearest first. */
  readonly others: readonly number[]
}

/** The end record that loaders take: the last one. Tells of bytes behind it and of disks. */
export async function findEnd(source: ByteSource, hazards: Hazards): Promise<EndRecord | undefined> {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT)
  const base = source.size - length
  const tail = await source.read(base, length)
  const view = viewOf(tail)
  const places: number[] = []
  for (let at = length - END_BYTES; at >= 0; at--)
    if (view.getUint32(at, true) === 0x06054b50) places.push(at)
  const [at] = places
  if (at === undefined) {
    hazards.add('no-directory', source.size, "the end record of the archive's directory is missing")
    return undefined
  }
  const behind = length - (at + END_BYTES)
  const comment = view.getUint16(at + 20, true)
  if (behind !== comment)
    hazards.add(
      'data-after',
      base + at + END_BYTES,
      `${behind} bytes follow the end record, which says that its comment has ${comment}`,
    )
  if (view.getUint16(at + 4, true) !== view.getUint16(at + 6, true) || view.getUint16(at + 4, true) !== 0)
    hazards.add('several-disks', base + at, 'the archive says that it is a part of one on several disks')
  const plain = {
    entries: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    stated: view.getUint32(at + 16, true),
  }
  const others = places.slice(1, 1 + MAX_OTHERS).map(other => base + other)
  const wide = await findEnd64(source, base + at)
  const { start, ...said } = wide ?? { ...plain, start: base + at }
  return { ...said, offset: base + at, adjacent: start - said.size, others }
}

/** The zip64 record, where a locator stands before the end: `start` is where the directory should have ended. */
async function findEnd64(
  source: ByteSource,
  end: number,
): Promise<{ entries: number; size: number; stated: number; start: number } | undefined> {
  if (end < LOCATOR_BYTES + END64_BYTES) return undefined
  const locator = viewOf(await source.read(end - LOCATOR_BYTES, LOCATOR_BYTES))
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined
  const stated = Number(locator.getBigUint64(8, true))
  // With bytes in front of the archive the record is not where it is said, but right before its locator.
  for (const offset of [stated, end - LOCATOR_BYTES - END64_BYTES]) {
    if (offset + END64_BYTES > end) continue
    const record = viewOf(await source.read(offset, END64_BYTES))
    if (record.getUint32(0, true) !== 0x06064b50) continue
    return {
      entries: Number(record.getBigUint64(32, true)),
      size: Number(record.getBigUint64(40, true)),
      stated: Number(record.getBigUint64(48, true)),
      start: offset,
    }
  }
  return undefined
}
