import type { VersionId } from '../../core/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import type { StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { stageResult } from '../pipelines/ending/results.ts'
import { configOf } from '../pipelines/starting/config.ts'
import { requestOf } from './follow-job.ts'
import { sourcesOf, whyNotTaken } from './sources.ts'
import { strategyFor } from './strategy.ts'

export type RolloutOrigin = Pick<
  StoredRollout,
  | 'model'
  | 'environment'
  | 'candidate'
  | 'strategy'
  | 'project'
  | 'by'
  | 'job'
  | 'traffic'
  | 'calendar'
  | 'supersede'
  | 'from'
>

/** What a deploy job comes to: a rollout, or its end where none is to begin. */
type Beginning =
  | { readonly kind: 'origin'; readonly origin: RolloutOrigin }
  | {
      readonly kind: 'ended'
      readonly state: 'succeeded' | 'failed' | 'errored'
      readonly reason: string
    }

/** By the version that its pipeline registered, its commit's file, and the policy in force. */
export async function beginningOf(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  environment: string,
): Promise<Beginning> {
  const { stores } = plane
  const { name: model } = configOf(pipeline)!.repository.model
  const version = stageResult(await stores.pipelines.jobs(pipeline.id), 'register')?.version
  if (!version) return ended('errored', 'No version was registered before it')
  const serving = await stores.rollouts.deployment(model, environment)
  if (serving?.stable === version.id) return ended('succeeded', `v${version.number} serves already`)
  const strategy = await strategyFor(plane, pipeline, environment)
  if (typeof strategy === 'string') return ended('failed', strategy)
  const request = requestOf(pipeline, environment)
  const { traffic, calendar, supersede } = request
  const candidate = version.id as VersionId
  const from = await sourcesOf(plane, pipeline.project, request)
  const untaken = await whyNotTaken(plane, { model, candidate, environment }, from)
  if (untaken !== undefined) return ended('failed', untaken)
  const principal = await stores.access.principal(pipeline.principal)
  const origin = {
    model,
    environment,
    candidate,
    strategy,
    project: pipeline.project,
    job: job.id,
    by: principal?.name ?? 'unknown',
    ...(traffic && { traffic }),
    ...(calendar && { calendar }),
    ...(supersede && { supersede }),
    ...(from.length > 0 && { from }),
  }
  return { kind: 'origin', origin }
}

function ended(state: 'succeeded' | 'failed' | 'errored', reason: string): Beginning {
  return { kind: 'ended', state, reason }
}
