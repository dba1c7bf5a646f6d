import type { LeaseRequest } from '../../api/index.ts'
import { type Instant, newId, randomText } from '../../core/index.ts'
import { treeId } from '../../git/index.ts'
import {
  type Attempt,
  type Job,
  type JobChange,
  mayReuse,
  type Pipeline,
  reuseSubject,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { repositoryDirectory } from '../repositories.ts'
import type { OfferedWork } from './offers.ts'

/** The key of a result that others may take; undefined where this job's may not be. */
export async function reuseKeyOf(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  { env, files = {}, inputs }: OfferedWork,
  runner: LeaseRequest,
): Promise<string | undefined> {
  if (!mayReuse(job.plan)) return undefined
  const kind = runner.images === true ? 'images' : 'processes'
  const subject = reuseSubject(job.plan, {
    project: pipeline.project,
    trust: pipeline.trigger?.protectedRef === true ? 'protected' : 'unprotected',
    tree: await treeId(repositoryDirectory(plane.settings, pipeline.project), pipeline.commit),
    inputs,
    env,
    files,
    given: { ...pipeline.trigger?.variables, ...job.variables },
    platform: `${runner.platform ?? 'unknown'} ${kind}`,
  })
  return plane.vault.fingerprint(subject)
}

export interface Earlier {
  readonly attempt: Attempt
  readonly job: Job
  readonly pipeline: Pipeline
}

/** The latest result under a key whose files are all still there. */
export async function reusable(plane: ControlPlane, key: string): Promise<Earlier | undefined> {
  const { pipelines } = plane.stores
  const attempt = await pipelines.reusable(key)
  if (!attempt || (attempt.keepUntil !== undefined && attempt.keepUntil <= plane.clock.now()))
    return undefined
  for (const { digest } of attempt.artifacts) if (!(await plane.blobs.has(digest))) return undefined
  const job = await pipelines.job(attempt.job)
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  return pipeline && { attempt, job, pipeline }
}

/**
 * Ends a ready job as an earlier one ended, with its files and what it found. A crash in between leaves an
 * attempt that nobody works on: its lease ends, and the job is tried again. False when the job was taken.
 */
export async function endAsEarlier(
  plane: ControlPlane,
  job: Job,
  earlier: Earlier,
  leaseMs: number,
): Promise<boolean> {
  const { pipelines } = plane.stores
  const now = plane.clock.now()
  const { attempt, pipeline } = earlier
  const reason = `reused from pipeline #${pipeline.number}`
  const id = newId('attempt')
  const claimed = await pipelines.claim(job.id, {
    id,
    job: job.id,
    number: 1,
    state: 'leased',
    runner: attempt.runner,
    fence: await pipelines.nextFence(),
    leaseUntil: (now + leaseMs) as Instant,
    // Of no token: nobody speaks for it.
    tokenHash: randomText(64),
    artifacts: [],
    sandboxed: attempt.sandboxed,
    logBytes: 0,
    createdAt: now,
  })
  if (!claimed) return false
  const expireIn = job.plan.artifactRules?.expireIn
  const change: JobChange = {
    now,
    reason,
    ...(earlier.job.result !== undefined && { result: earlier.job.result }),
  }
  await pipelines.endAttempt(
    id,
    'leased',
    'succeeded',
    {
      now,
      reason,
      exitCode: 0,
      artifacts: attempt.artifacts,
      ...(attempt.reports && { reports: attempt.reports }),
      ...(expireIn !== undefined && { keepUntil: (now + expireIn) as Instant }),
    },
    { id: job.id, to: 'succeeded', change },
  )
  return true
}
