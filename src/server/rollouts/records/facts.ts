import type { VersionId } from '../../../core/index.ts'
import type { RecordedVersion, RecordFacts, StoredRollout } from '../../../rollout/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { approvalsOf } from '../../pipelines/approval.ts'
import { storedPolicy } from '../../pipelines/policy.ts'

type Plane = Pick<ControlPlane, 'stores' | 'settings'>

/** What a rollout's record says beside what happened: versions by their digests, who approved, by which calendar. */
export async function recordFacts(
  plane: Plane,
  rollout: StoredRollout,
  stable: VersionId | undefined,
): Promise<Pick<RecordFacts, 'project' | 'candidate' | 'stable' | 'approvals' | 'calendar' | 'ballast'>> {
  const { access } = plane.stores
  const [project, policy, candidate, serving] = await Promise.all([
    access.project(rollout.project),
    storedPolicy(plane, rollout.project, rollout.environment),
    versionOf(plane, rollout.candidate),
    stable === undefined ? undefined : versionOf(plane, stable),
  ])
  const { version, commit } = plane.settings
  return {
    project: { id: rollout.project, name: project?.name ?? '' },
    candidate,
    ...(serving && { stable: serving }),
    approvals: rollout.job ? await approvalsOf(plane, rollout.candidate, rollout.job) : [],
    ...(policy?.calendar && { calendar: policy.calendar }),
    ballast: { version, ...(commit && { commit }) },
  }
}

async function versionOf({ stores }: Plane, id: VersionId): Promise<RecordedVersion> {
  const version = await stores.versions.byId(id)
  if (!version) throw new TypeError(`Version ${id} of a rollout is not there`)
  return { id, number: version.number, digest: version.digest }
}
