import type { RolloutEvent, StoredRollout } from '../../rollout/index.ts'
import { conflict } from '../errors.ts'
import type { Fleet } from './fleet.ts'
import { baselineReplica, mainReplica, needsBaseline } from './wanted.ts'

type Reports = Pick<Fleet, 'ready' | 'failure'>

/** Whether a rollout may take traffic. */
export function allReady(fleet: Reports, rollout: StoredRollout): boolean {
  return replicasOf(rollout).every(replica => fleet.ready(replica).length > 0)
}

/** The first of its replicas that can't be had. */
export function failureOf(fleet: Reports, rollout: StoredRollout): RolloutEvent | undefined {
  for (const replica of replicasOf(rollout)) {
    const reason = fleet.failure(replica)
    if (reason !== undefined) return { kind: 'replicas-failed', reason }
  }
  return undefined
}

export function isCandidateReady(fleet: Reports, { environment, candidate }: StoredRollout): boolean {
  return fleet.ready(mainReplica(environment, candidate)).length > 0
}

/** Throws STATE_CONFLICT where all traffic would go to a version of which no replica is ready. */
export function needReady(fleet: Reports, rollout: StoredRollout): void {
  if (isCandidateReady(fleet, rollout)) return
  throw conflict(
    `No replica of ${rollout.candidate} is ready in ${rollout.environment}`,
    'Wait until it is, or abort the rollout.',
  )
}

function replicasOf(rollout: StoredRollout): readonly string[] {
  return [
    mainReplica(rollout.environment, rollout.candidate),
    ...(needsBaseline(rollout) ? [baselineReplica(rollout)] : []),
  ]
}
