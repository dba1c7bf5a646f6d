import { optimizeRecordsSchema } from '../../../api/index.ts'
import { type JobId, type Json, newId } from '../../../core/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import type { RecordKind, Version } from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { optimizationIn } from '../../registry/versions/variants.ts'
import { resultOf } from './results.ts'

/**
 * Puts what the optimize stage found behind a version, once: what serves under a version's name must not change
 * when its pipeline runs again. A variant is recorded where its very attempt gave its bytes.
 */
export async function addVariants(
  plane: ControlPlane,
  version: Version,
  jobs: readonly Job[],
): Promise<void> {
  const { versions } = plane.stores
  const there = await versions.records(version.id)
  if (optimizationIn(there)) return
  for (const job of jobs) {
    const result = resultOf(job)
    if (result?.kind !== 'stage' || result.result.stage !== 'optimize') continue
    const found = optimizeRecordsSchema.safeParse(result.result.records).data
    if (!found) continue
    const given = await givenBy(plane, job.id)
    const add = async (kind: RecordKind, body: unknown) => {
      await versions.addRecord({
        id: newId('record'),
        version: version.id,
        kind,
        body: JSON.parse(JSON.stringify(body)) as Json,
        createdAt: plane.clock.now(),
        job: job.id,
      })
    }
    // A crash in between leaves some variants and no word of the search: they are added again, and count once.
    for (const variant of found.variants)
      if (variant.files.every(({ digest }) => given.has(digest))) await add('variant', variant)
    await add('optimization', found.optimization)
    return
  }
}

/** Digests of what the attempt that succeeded has put. */
async function givenBy({ stores }: ControlPlane, job: JobId): Promise<ReadonlySet<string>> {
  const attempt = (await stores.pipelines.attempts(job)).findLast(({ state }) => state === 'succeeded')
  return new Set(attempt?.artifacts.map(({ digest }) => digest))
}
