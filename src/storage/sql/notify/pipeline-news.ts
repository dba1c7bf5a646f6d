import type { Instant, JobId, PipelineId, ProjectId } from '../../../core/index.ts'
import type { ApprovalNews } from '../../../notify/types.ts'
import type { PlannedJob } from '../../../pipeline/types.ts'
import type { Db } from '../stores.ts'
import { tell } from './tell.ts'

/**
 * Tells that a default branch has failed or is well again, once for each turn: what is still broken is known. A
 * pipeline whose branch has a newer result says nothing of it, nor does one that another pipeline has made.
 */
export async function tellBranch(
  work: Db,
  id: PipelineId,
  to: 'succeeded' | 'failed',
  now: Instant,
): Promise<void> {
  const found = await work
    .selectFrom('pipelines')
    .innerJoin('projects', 'projects.id', 'pipelines.project')
    .select(['pipelines.project', 'pipelines.ref', 'pipelines.number', 'projects.default_branch'])
    .where('pipelines.id', '=', id)
    .where('pipelines.parent', 'is', null)
    .executeTakeFirst()
  if (!found || found.ref !== `refs/heads/${found.default_branch}`) return
  const { ref, number } = found
  const project = found.project as ProjectId
  const newer = work.selectFrom('pipelines').select('id').where('project', '=', project)
  const ended = newer.where('ref', '=', ref).where('number', '>', number)
  if (await ended.where('state', 'in', ['succeeded', 'failed']).limit(1).executeTakeFirst()) return
  if (to === 'failed') {
    const { numInsertedOrUpdatedRows } = await work
      .insertInto('broken_branches')
      .values({ project, ref, pipeline: id, since: now })
      .onConflict(conflict => conflict.columns(['project', 'ref']).doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows === 1n)
      await tell(work, project, { kind: 'pipeline.failed', pipeline: id }, now)
    return
  }
  const { numDeletedRows } = await work
    .deleteFrom('broken_branches')
    .where('project', '=', project)
    .where('ref', '=', ref)
    .executeTakeFirst()
  if (numDeletedRows === 1n) await tell(work, project, { kind: 'pipeline.fixed', pipeline: id }, now)
}

/** Whether such a job waits for an approval, and not for somebody to start it or for its time. */
export function needsApproval({ work, approval, start }: PlannedJob): string | undefined {
  if (approval !== undefined) return approval
  const byItself = start?.kind !== 'manual' && start?.kind !== 'delayed'
  return work.kind === 'deploy' && work.approval && byItself ? work.environment : undefined
}

/** Tells that a job waits for its approval, or that nobody gave it. */
export async function tellApproval(
  work: Db,
  { id, pipeline, plan }: { readonly id: JobId; readonly pipeline: PipelineId; readonly plan: PlannedJob },
  news: Pick<ApprovalNews, 'kind' | 'reason' | 'until'>,
  now: Instant,
): Promise<void> {
  const environment = needsApproval(plan)
  if (environment === undefined) return
  const query = work.selectFrom('pipelines').select('project').where('id', '=', pipeline)
  const { project } = await query.executeTakeFirstOrThrow()
  await tell(work, project as ProjectId, { ...news, pipeline, job: id, jobName: plan.name, environment }, now)
}
