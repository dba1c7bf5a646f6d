import {
  type Bytes,
  boundary,
  type Clock,
  type Digest,
  instant,
  type Milliseconds,
} from '../../core/index.ts'
import type { Locks } from './locks.ts'
import type { ObjectIndex, WholeStore } from './ports.ts'

/** Who was told a path opens it within this time: ten minutes of `materialize`, and what notes of use may be late. */
const MIN_AGE_MS: Milliseconds = 12 * 60_000
const PAGE = 100

export interface WarmPorts {
  readonly index: ObjectIndex
  readonly whole: WholeStore
  readonly locks: Locks
  readonly clock: Clock
}

/**
 * Whole files of packed objects are a cache: those used longest ago go when they are more than `budget` together.
 * `pinned` never go: what serves now. Gives the bytes that went.
 */
export async function evict(
  ports: WarmPorts,
  budget: Bytes,
  pinned: ReadonlySet<Digest>,
): Promise<{ readonly files: number; readonly bytes: Bytes }> {
  const { index, clock } = ports
  let over = (await index.warmBytes()) - budget
  let [files, bytes] = [0, 0]
  const cutoff = instant(clock.now() - MIN_AGE_MS)
  const skipped = new Set<Digest>()
  while (over > 0) {
    const page = await index.coldest(cutoff, PAGE + skipped.size)
    const candidates = page.filter(({ digest }) => !skipped.has(digest))
    if (candidates.length === 0) break
    for (const { digest, size } of candidates) {
      if (over <= 0) break
      if (pinned.has(digest) || !(await evictOne(ports, digest, cutoff))) {
        skipped.add(digest)
        continue
      }
      over -= size
      bytes += size
      files++
    }
  }
  return { files, bytes }
}

/** False where it is used, or needed, after all. */
function evictOne({ index, whole, locks }: WarmPorts, digest: Digest, cutoff: number): Promise<boolean> {
  return locks.run(digest, async () => {
    const object = await index.object(digest)
    if (object?.state !== 'packed' || object.usedAt >= cutoff) return false
    await index.setWhole(digest, false)
    boundary('whole-evicted')
    await whole.remove(digest)
    return true
  })
}
