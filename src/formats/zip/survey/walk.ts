import type { ByteSource } from '../../../core/index.ts'
import { sliceOf } from '../../bytes/ranges.ts'
import { deflatedLength } from './inflate.ts'
import { type BareLocal, isStreamed, readDescriptor, readLocal } from './local.ts'
import type { LocalHeader } from './types.ts'

/** How much of what no header accounts for is searched for headers, in all. */
export const MAX_SEARCHED: number = 256 * 2 ** 20
/** What is unpacked to find where entries end that do not say it, in all. */
export const MAX_MEASURED: number = 8 * 2 ** 30
/** A search begins small: headers are mostly near. */
const FIRST_SEARCH = 4096
const MAX_SEARCH = 2 ** 20

/** What a hostile archive may make the walk do. */
interface Budget {
  search: number
  measure: number
}

/** A stretch that belongs to no entry. */
export interface Gap {
  readonly from: number
  readonly to: number
  /** More than zeros, which align what follows. */
  readonly content: boolean
  /** It was too long to be searched whole. */
  readonly unsearched: boolean
}

export interface Walk {
  readonly locals: readonly LocalHeader[]
  readonly gaps: readonly Gap[]
}

/**
 * Every local header from the start of the file up to `end`, one behind the other, as a reader of streams finds them;
 * where none follows, the next one is searched for. `known` gives the packed size of a header whose own sizes follow
 * its data. At most `most` headers.
 */
export async function walkLocals(
  source: ByteSource,
  end: number,
  known: ReadonlyMap<number, number>,
  most: number,
): Promise<Walk> {
  const locals: LocalHeader[] = []
  const gaps: Gap[] = []
  const budget = { search: MAX_SEARCHED, measure: MAX_MEASURED }
  for (let at = 0; at < end && locals.length < most; ) {
    const bare = await readLocal(source, at)
    if (bare) {
      const local = await withEnd(source, bare, end, known.get(at), budget)
      locals.push(local.header)
      at = local.next
      continue
    }
    const gap = await searchLocal(source, at, end, budget)
    gaps.push(gap)
    at = gap.to
  }
  return { locals, gaps }
}

/** Where the entry's data ends, and where what follows begins. */
async function withEnd(
  source: ByteSource,
  bare: BareLocal,
  end: number,
  known: number | undefined,
  budget: Budget,
): Promise<{ header: LocalHeader; next: number }> {
  const room = Math.max(0, end - bare.dataOffset)
  if (!isStreamed(bare) || bare.compressedSize > 0) {
    const dataEnd = bare.dataOffset + Math.min(bare.compressedSize, room)
    const descriptor = isStreamed(bare)
      ? await readDescriptor(source, dataEnd, bare.compressedSize)
      : undefined
    return finish(bare, dataEnd, descriptor)
  }
  const packed = known !== undefined && known <= room ? known : await measure(source, bare, room, budget)
  const dataEnd = bare.dataOffset + packed
  return finish(bare, dataEnd, await readDescriptor(source, dataEnd, packed))
}

function finish(
  bare: BareLocal,
  dataEnd: number,
  found: Awaited<ReturnType<typeof readDescriptor>>,
): { header: LocalHeader; next: number } {
  if (!found) return { header: { ...bare, dataEnd }, next: dataEnd }
  const { length, ...descriptor } = found
  return { header: { ...bare, dataEnd, descriptor }, next: dataEnd + length }
}

/** Deflate says where it ends. A stored entry of unknown size has what reaches to the next header. */
async function measure(source: ByteSource, bare: BareLocal, room: number, budget: Budget): Promise<number> {
  if (bare.method === 8) {
    const { packed, unpacked } = await deflatedLength(
      sliceOf(source, bare.dataOffset, room, source.name),
      budget.measure,
    )
    budget.measure -= unpacked
    return packed
  }
  const gap = await searchLocal(source, bare.dataOffset, bare.dataOffset + room, budget)
  return gap.to - bare.dataOffset
}

/** From `from` to the next signature of a local header, or `end`. */
async function searchLocal(source: ByteSource, from: number, end: number, budget: Budget): Promise<Gap> {
  let content = false
  let length = FIRST_SEARCH
  for (let at = from; at < end; ) {
    if (budget.search <= 0) return { from, to: end, content: true, unsearched: true }
    const bytes = Buffer.from(await source.read(at, Math.min(length, end - at)))
    budget.search -= bytes.length
    // What begins at `from` itself is no header: it was looked at.
    const found = bytes.indexOf('PK\x03\x04', at === from ? 1 : 0, 'latin1')
    const piece = found < 0 ? bytes : bytes.subarray(0, found)
    content ||= piece.some(byte => byte !== 0)
    if (found >= 0) return { from, to: at + found, content, unsearched: false }
    // A signature may lie across two pieces.
    at += at + bytes.length >= end ? bytes.length : bytes.length - 3
    length = Math.min(MAX_SEARCH, length * 2)
  }
  return { from, to: end, content, unsearched: false }
}
