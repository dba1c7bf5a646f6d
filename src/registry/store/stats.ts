import type { Bytes, ProjectId } from '../../core/index.ts'
import type { IndexTotals, ObjectIndex } from './ports.ts'
import type { StoreStats } from './types.ts'

/**
 * What the store holds, what it would be as plain files, and what saved how much. Of one project: the objects that it
 * holds, and the packs that they came in; a pack may hold what others share, so projects don't add up to the whole.
 */
export async function statsOf(index: ObjectIndex, budget: Bytes, project?: ProjectId): Promise<StoreStats> {
  const totals = await index.totals(project)
  const { packs, encodings, failures } = totals
  const packed = sumOf(totals, ({ state }) => state === 'packed')
  const warm = sumOf(totals, ({ state, whole }) => state === 'packed' && whole)
  const waiting = sumOf(totals, ({ state }) => state === 'landed')
  const whole = sumOf(totals, ({ state, whole: there }) => state !== 'packed' && there)
  const all = sumOf(totals, () => true)
  const unique = encodings.reduce((sum, { length }) => sum + length, 0)
  const bodies = encodings.reduce((sum, { stored }) => sum + stored, 0)
  const saved = (name: string) => {
    const of = encodings.find(({ encoding }) => encoding === name)
    return of ? of.length - of.stored : 0
  }
  return {
    objects: all.objects,
    logicalBytes: all.bytes,
    storedBytes: whole.bytes + packs.bytes,
    saved: {
      dedupe: packed.bytes - unique,
      planes: saved('planes'),
      delta: saved('delta'),
      zstd: saved('zstd'),
      overhead: bodies - packs.bytes,
    },
    packed: packed.objects,
    packs: packs.count,
    chunks: encodings.reduce((sum, { chunks }) => sum + chunks, 0),
    warm: { files: warm.objects, bytes: warm.bytes, budget },
    waiting: { objects: waiting.objects, bytes: waiting.bytes },
    failures: failures.map(({ digest, size, problem = '' }) => ({ digest, size, problem })),
  }
}

function sumOf(
  { states }: IndexTotals,
  counts: (state: IndexTotals['states'][number]) => boolean,
): { readonly objects: number; readonly bytes: Bytes } {
  const some = states.filter(counts)
  return {
    objects: some.reduce((sum, { objects }) => sum + objects, 0),
    bytes: some.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
