import type { WantedReplica } from '../../api/index.ts'
import type { VersionId } from '../../core/index.ts'
import type { Deployment, StoredRollout } from '../../rollout/index.ts'

/** A replica that should run: which version, and as what. */
export interface WantedVersion {
  readonly replica: string
  readonly version: VersionId
}

/** The replica that serves a version as stable, canary or warm previous. */
export function mainReplica(environment: string, version: VersionId): string {
  return `${environment}.${version}`
}

/** A second, fresh replica of the stable version: what the canary is compared with. */
export function baselineReplica(rollout: Pick<StoredRollout, 'id'>): string {
  return `baseline.${rollout.id}`
}

/**
 * Which replicas should run: for each deployment the stable version and, warm for a rollback, the one before
 * it; for each rollout on its way its candidate, and a fresh baseline of the stable version.
 */
export function wantedVersions(
  deployments: readonly Deployment[],
  rollouts: readonly StoredRollout[],
): readonly WantedVersion[] {
  const wanted = new Map<string, VersionId>()
  for (const { environment, stable, previous } of deployments) {
    wanted.set(mainReplica(environment, stable), stable)
    if (previous) wanted.set(mainReplica(environment, previous), previous)
  }
  for (const rollout of rollouts) {
    if (rollout.phase !== 'preparing' && rollout.phase !== 'progressing') continue
    wanted.set(mainReplica(rollout.environment, rollout.candidate), rollout.candidate)
    if (needsBaseline(rollout)) wanted.set(baselineReplica(rollout), rollout.stable!)
  }
  return [...wanted].map(([replica, version]) => ({ replica, version }))
}

export function needsBaseline(rollout: StoredRollout): boolean {
  return rollout.strategy.kind === 'canary' && rollout.stable !== undefined
}

/** Same replicas, whatever their order. */
export function sameWanted(a: readonly WantedReplica[], b: readonly WantedReplica[]): boolean {
  const names = new Set(a.map(({ replica }) => replica))
  return a.length === b.length && b.every(({ replica }) => names.has(replica))
}
