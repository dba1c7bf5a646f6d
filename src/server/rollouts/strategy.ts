import type { EnvironmentRequest } from '../../config/index.ts'
import type { Fraction } from '../../core/index.ts'
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
  const { policy, bounded } = await boundFor(plane, project, request, branch)
  if (!bounded.allowed) return bounded.refusal
  const { strategy: kind, steps } = bounded
  const { waves } = request
  if (kind === 'canary')
    return { kind, steps: stepsInWaves(steps, waves), analysis: request.analysis, ...(waves && { waves }) }
  if (kind === 'ab' || kind === 'bandit') return experimentOf(request, steps[0]!.weight, policy.maxFirstStep)
  return kind === 'blue-green' ? { kind, hold: request.holdMs ?? 0 } : { kind }
}

/** A bandit's candidate gets no more than the policy lets a first step have, until it is promoted. */
function experimentOf(
  { experiment, analysis }: Pick<EnvironmentRequest, 'experiment' | 'analysis'>,
  share: Fraction,
  most: Fraction,
): Strategy | string {
  if (!experiment) return 'An experiment needs to say what it is about'
  return experiment.kind === 'ab'
    ? { ...experiment, split: share, analysis }
    : { ...experiment, start: share, most, analysis }
}
