import type { AttemptId, Instant, Milliseconds, ProjectId } from '../../../core/index.ts'
import type { KeptFile } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** Attempts of one query. An attempt may keep thousands of files, and all of a page are in memory. */
const PAGE = 100
/** A job that was offered them just before they expired still fetches them. */
const GRACE_MS: Milliseconds = 24 * 3_600_000

/** Files that one attempt has kept. */
export interface KeptArtifacts {
  readonly project: ProjectId
  readonly attempt: AttemptId
  readonly files: readonly Pick<KeptFile, 'digest' | 'size'>[]
}

/**
 * For whoever collects objects: what jobs have kept, of every project, without what is past its `expire_in` for a
 * day. These objects are in use; of the others nothing is known here, as versions have roots of their own.
 *
 * What a running attempt has uploaded and not yet told is not among them: objects that are younger than a job may
 * take are to be left alone. The journal is read page by page: a digest comes again where several have kept it.
 */
export async function* keptArtifacts({
  stores,
  clock,
}: Pick<ControlPlane, 'stores' | 'clock'>): AsyncGenerator<KeptArtifacts> {
  const unexpiredAt = (clock.now() - GRACE_MS) as Instant
  for (let after: AttemptId | undefined; ; ) {
    const page = await stores.pipelines.keeping(unexpiredAt, { after, limit: PAGE })
    for (const { attempt, project, artifacts } of page) {
      const files = artifacts.filter(({ folder }) => !folder)
      if (files.length > 0) yield { project, attempt, files }
    }
    if (page.length < PAGE) return
    after = page.at(-1)!.attempt
  }
}
