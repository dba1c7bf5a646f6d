import type { Pipeline } from '../../pipeline/index.ts'
import { type Strategy, stepsInWaves } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { boundFor } from '../pipelines/policy.ts'
import { requestOf } from './follow-job.ts'

/** What the policy in force lets the file's request have; else why it refuses. */
export async function strategyFor(
  plane: ControlPlane,
  pipeline: Pipeline,
  environment: string,
): Promise<Strategy | string> {
  const project = (await plane.stores.access.project(pipeline.project))!
  const request = requestOf(pipeline, environment)
  const branch = pipeline.ref.replace(/^refs\/heads\//, '')
  const { bounded } = await boundFor(plane, project, request, branch)
  if (!bounded.allowed) return bounded.refusal
  const { strategy: kind, steps } = bounded
  const { waves } = request
  if (kind === 'canary')
    return { kind, steps: stepsInWaves(steps, waves), analysis: request.analysis, ...(waves && { waves }) }
  return kind === 'blue-green' ? { kind, hold: request.holdMs ?? 0 } : { kind }
}
