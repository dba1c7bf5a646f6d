import type { ByteSource } from '../../core/index.ts'
import { fail } from './limits.ts'
import type { Located, TensorEntry } from './tensors.ts'

interface Unplaced {
  readonly entries: readonly TensorEntry[]
  readonly alignment: number
  /** Of the data, in the file. */
  readonly start: number
}

interface Spot {
  readonly entry: TensorEntry
  /** In the file; `end` is undefined while only the next tensor tells. */
  readonly offset: number
  readonly end: number | undefined
}

/**
 * Checks that tensors have names of their own, are aligned, lie in the file, and share no byte. A type that is not
 * known here goes up to the next tensor.
 */
export function place(
  source: ByteSource,
  { entries, alignment, start }: Unplaced,
): { readonly tensors: readonly Located[]; readonly notes: readonly string[] } {
  checkNames(source.name, entries)
  const spots = entries.map(entry => spotOf(source, entry, { alignment, start }))
  const byOffset = spots.toSorted((a, b) => a.offset - b.offset || (a.end ?? a.offset) - (b.end ?? b.offset))
  const ends = new Map<TensorEntry, number>()
  const notes: string[] = []
  let gap = 0
  let free = start
  for (const [i, { entry, offset, end }] of byOffset.entries()) {
    if (offset < free) throw overlap(source.name, byOffset[i - 1]!.entry, entry)
    gap += Math.max(0, offset - aligned(free, alignment))
    free = end ?? byOffset[i + 1]?.offset ?? source.size
    ends.set(entry, free)
    if (end === undefined)
      notes.push(`the tensor '${entry.name}' has ggml's ${entry.type}, which is not known here`)
  }
  gap += Math.max(0, source.size - aligned(free, alignment))
  if (gap > 0) notes.push(`${gap} bytes between and behind the tensors belong to none`)
  const tensors = spots.map(({ entry, offset }): Located => {
    const { offset: _, at: __, ...rest } = entry
    return { ...rest, offset, bytes: ends.get(entry)! - offset }
  })
  return { tensors, notes }
}

function aligned(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}

function checkNames(name: string, entries: readonly TensorEntry[]): void {
  const names = new Set<string>()
  for (const entry of entries) {
    if (names.has(entry.name))
      throw fail.malformed({ name, offset: entry.at }, `two tensors are named '${entry.name}'`)
    names.add(entry.name)
  }
}

function spotOf(
  { name, size }: ByteSource,
  entry: TensorEntry,
  { alignment, start }: Pick<Unplaced, 'alignment' | 'start'>,
): Spot {
  const at = { name, offset: entry.at }
  if (entry.offset % alignment !== 0) {
    throw fail.malformed(
      at,
      `the tensor '${entry.name}' begins at ${entry.offset} of the data; that is no multiple of ${alignment}`,
    )
  }
  const offset = start + entry.offset
  const end = entry.bytes === undefined ? undefined : offset + entry.bytes
  if ((end ?? offset) > size) {
    throw fail.truncated(
      at,
      `the tensor '${entry.name}' takes bytes ${offset} to ${end ?? 'its end'}, and the file ends at ${size}`,
    )
  }
  return { entry, offset, end }
}

function overlap(name: string, first: TensorEntry, second: TensorEntry): Error {
  return fail.malformed(
    { name, offset: second.at },
    `the tensors '${first.name}' and '${second.name}' overlap`,
  )
}
