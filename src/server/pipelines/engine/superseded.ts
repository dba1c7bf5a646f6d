import type { PipelineId } from '../../../core/index.ts'
import { jobViewOf, type Pipeline, type PipelineEvent, supersededJobs } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** Pipelines that follow their ref. Others were asked for as they are: by a person, a schedule, a program. */
const FOLLOWING: readonly PipelineEvent[] = ['push', 'tag', 'merge_request']

/**
 * Cancels what is out of date once `newer` is there: jobs of older pipelines of its ref, and of those that they made
 * in the same project, as far as the plan of each lets it. Gives the pipelines that are to be reconciled.
 */
export async function cancelSuperseded(
  plane: Pick<ControlPlane, 'stores' | 'clock'>,
  newer: Pipeline,
): Promise<readonly PipelineId[]> {
  if (!follows(newer)) return []
  const { pipelines } = plane.stores
  const touched: PipelineId[] = []
  const older = (await pipelines.runningOfRef(newer.project, newer.ref)).filter(
    other => follows(other) && other.number < newer.number && other.commit !== newer.commit,
  )
  for (const old of older) {
    for (const pipeline of [old, ...(await childrenOf(plane, old))])
      if (await cancelJobs(plane, pipeline, newer)) touched.push(pipeline.id)
  }
  return touched
}

function follows({ trigger, parent }: Pipeline): boolean {
  return parent === undefined && FOLLOWING.includes(trigger?.event ?? 'push')
}

async function cancelJobs(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  newer: Pipeline,
): Promise<boolean> {
  const jobs = await stores.pipelines.jobs(pipeline.id)
  const byName = new Map(jobs.map(job => [job.plan.name, job]))
  const superseded = supersededJobs(
    pipeline.outline?.autoCancel?.onNewCommit,
    jobs.map(job => jobViewOf(job.plan, job)),
  )
  const change = { now: clock.now(), reason: `superseded by pipeline #${newer.number}` }
  // From the end, so that no job becomes ready because the one before it was canceled.
  const moved = await stores.pipelines.moveJobs(
    superseded.toReversed().map(({ name, state: from }) => ({
      id: byName.get(name)!.id,
      from,
      to: 'canceled',
      change,
    })),
  )
  return moved.includes(true)
}

/** Running pipelines of the same project that come from this one, down all lines. */
export async function childrenOf(
  { stores }: Pick<ControlPlane, 'stores'>,
  pipeline: Pipeline,
): Promise<readonly Pipeline[]> {
  const line = [pipeline]
  // An array hands out what is added to it while it is gone through.
  for (const { id } of line)
    for (const job of await stores.pipelines.jobs(id))
      if (job.plan.work.kind === 'trigger')
        for (const child of await stores.pipelines.pipelinesOfParent(job.id))
          if (child.project === pipeline.project) line.push(child)
  return line.slice(1).filter(({ state }) => state === 'running')
}
