import type { Place } from '../../errors.ts'
import type { TensorflowFailures } from '../failures.ts'
import type { BundleIndex } from './bundle.ts'
import type { BundleEntry } from './entry.ts'
import { sliceKey } from './slice-key.ts'

/** One part of a tensor: a box of it, with its elements in C order. */
export interface Part {
  /** By axis. */
  readonly start: readonly number[]
  readonly entry: BundleEntry
}

/**
 * How parts follow one another in the whole's C order: runs of elements of each part, one behind the other; above
 * them, steps along an axis in each of which the same happens so many times.
 */
export type Weave =
  | { readonly kind: 'runs'; readonly runs: readonly { readonly part: Part; readonly elements: number }[] }
  | { readonly kind: 'steps'; readonly steps: readonly { readonly times: number; readonly weave: Weave }[] }

export interface Parts {
  readonly parts: readonly Part[]
  readonly weave: Weave
}

/** Work for one tensor: parts looked at in all boxes of a grid that they span. Real cuts are along an axis or two. */
const MAX_LAYOUT = 1_000_000

/** Finds a tensor's parts, which must cover it without a gap or an overlap. */
export function layOut(
  name: string,
  { shape, slices }: BundleEntry,
  index: BundleIndex,
  place: Place,
  fail: TensorflowFailures,
): Parts {
  const parts = slices.map(slice => {
    const entry = index.parts.get(sliceKey(name, slice))
    if (!entry) throw fail.malformed(place, 'a part of it is not in the index')
    if (slice.length !== shape.length)
      throw fail.malformed(place, `a part has ${slice.length} dimensions, and the tensor ${shape.length}`)
    const box = slice.map(({ length }, axis) => (length < 0 ? shape[axis]! : length))
    if (entry.shape.length !== box.length || entry.shape.some((size, axis) => size !== box[axis]))
      throw fail.malformed(
        place,
        `a part has the shape [${entry.shape.join(', ')}]; [${box.join(', ')}] is expected`,
      )
    return { start: slice.map(({ start }) => start), entry }
  })
  const full = parts.filter(({ entry }) => !entry.shape.includes(0))
  const last = shape.findLastIndex((size, axis) => full.some(({ entry }) => entry.shape[axis] !== size))
  const inner = shape.slice(last + 1).reduce((product, size) => product * size, 1)
  const budget = { left: MAX_LAYOUT }
  const empty = shape.includes(0)
  const covered = full.reduce((sum, part) => sum + elementsOf(part), 0)
  if (covered !== (empty ? 0 : elementsOf({ start: [], entry: { shape } })))
    throw fail.malformed(place, 'its parts have other elements than the whole')
  const weave: Weave = empty ? { kind: 'runs', runs: [] } : weaveOf(full, 0)
  return { parts: full, weave }

  function weaveOf(inside: readonly Part[], axis: number): Weave {
    budget.left -= inside.length + 1
    if (budget.left < 0) throw fail.limit(place, 'it is cut into too many parts along too many axes')
    if (axis >= last) {
      const sorted = inside.toSorted((a, b) => (a.start[axis] ?? 0) - (b.start[axis] ?? 0))
      checkTiles(sorted, axis)
      return {
        kind: 'runs',
        runs: sorted.map(part => ({ part, elements: (part.entry.shape[axis] ?? 1) * inner })),
      }
    }
    const steps: { times: number; weave: Weave }[] = []
    const edges = new Set(inside.flatMap(part => [part.start[axis]!, endOf(part, axis)]))
    const sorted = Array.from(edges).toSorted((a, b) => a - b)
    for (const [i, edge] of sorted.slice(0, -1).entries()) {
      const here = inside.filter(part => part.start[axis]! <= edge && endOf(part, axis) > edge)
      budget.left -= inside.length
      steps.push({ times: sorted[i + 1]! - edge, weave: weaveOf(here, axis + 1) })
    }
    if (sorted[0] !== 0 || sorted.at(-1) !== shape[axis])
      throw fail.malformed(place, `its parts do not cover axis ${axis}`)
    return { kind: 'steps', steps }
  }

  function checkTiles(sorted: readonly Part[], axis: number): void {
    if (shape.length === 0 && sorted.length === 1) return
    let end = 0
    for (const part of sorted) {
      if (part.start[axis] !== end)
        throw fail.malformed(place, `its parts have a gap or an overlap on axis ${axis} at ${end}`)
      end = endOf(part, axis)
    }
    if (end !== shape[axis]) throw fail.malformed(place, `its parts end at ${end} of ${shape[axis]}`)
  }
}

function endOf({ start, entry }: Part, axis: number): number {
  return start[axis]! + entry.shape[axis]!
}

function elementsOf({
  entry,
}: {
  readonly entry: Pick<BundleEntry, 'shape'>
  start: readonly number[]
}): number {
  return entry.shape.reduce((product, size) => product * size, 1)
}
