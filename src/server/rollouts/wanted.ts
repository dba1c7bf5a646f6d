import type { WantedReplica } from '../../api/index.ts'
import type { Milliseconds, VersionId } from '../../core/index.ts'
import { type Deployment, isCompared, type StoredRollout, shadowOf } from '../../rollout/index.ts'
import { isPreview } from '../delivery/previews/name.ts'

/** A replica that should run: which version, and as what. */
export interface WantedVersion {
  readonly replica: string
  readonly environment: string
  readonly version: VersionId
  /** A rollout compares it: it must not be found asleep. */
  readonly judged: boolean
  /** It sleeps after so long without a request, whatever its version asks for. */
  readonly idleMs?: Milliseconds
}

/** A preview is looked at now and then, and many stand beside each other. */
const PREVIEW_IDLE_MS: Milliseconds = 10 * 60_000

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
 * it; for each rollout on its way its candidate, and a fresh baseline of the stable version: behind a shadow once the
 * next step is coming (`isComing`). Where one recreates, those of the deployment must be gone (`runs`) before its
 * candidate is wanted.
 */
export function wantedVersions(
  deployments: readonly Deployment[],
  rollouts: readonly StoredRollout[],
  runs: (replica: string) => boolean = () => false,
  isComing: (rollout: StoredRollout) => boolean = () => false,
): readonly WantedVersion[] {
  const wanted = new Map<string, WantedVersion>()
  const want = (environment: string, replica: string, version: VersionId, judged: boolean): void => {
    wanted.set(replica, {
      replica,
      environment,
      version,
      judged: judged || (wanted.get(replica)?.judged ?? false),
      ...(isPreview(environment) && { idleMs: PREVIEW_IDLE_MS }),
    })
  }
  for (const deployment of deployments) {
    if (rollouts.some(rollout => replaces(rollout, deployment))) continue
    const { environment, stable, previous } = deployment
    want(environment, mainReplica(environment, stable), stable, false)
    if (previous) want(environment, mainReplica(environment, previous), previous, false)
  }
  for (const rollout of rollouts) {
    if (rollout.phase !== 'preparing' && rollout.phase !== 'progressing') continue
    const { environment, candidate, stable } = rollout
    const replaced = deployments.find(deployment => replaces(rollout, deployment))
    const before = [replaced?.stable, replaced?.previous].filter(version => version && version !== candidate)
    if (before.some(version => runs(mainReplica(environment, version!)))) continue
    want(environment, mainReplica(environment, candidate), candidate, true)
    if (!isCompared(rollout.strategy) || !stable) continue
    want(environment, mainReplica(environment, stable), stable, true)
    if (needsBaseline(rollout) || isComing(rollout)) want(environment, baselineReplica(rollout), stable, true)
  }
  return [...wanted.values()]
}

/** Whether what a deployment serves must make room for the candidate. */
function replaces(
  { phase, strategy, model, environment }: StoredRollout,
  deployment: Pick<Deployment, 'model' | 'environment'>,
): boolean {
  return (
    phase === 'preparing' &&
    strategy.kind === 'recreate' &&
    model === deployment.model &&
    environment === deployment.environment
  )
}

/** A shadow is compared with stable itself, request by request. */
export function needsBaseline(rollout: StoredRollout): boolean {
  return isCompared(rollout.strategy) && rollout.stable !== undefined && shadowOf(rollout) === undefined
}

/** Same replicas, as awake, whatever their order. */
export function sameWanted(a: readonly WantedReplica[], b: readonly WantedReplica[]): boolean {
  const judged = new Map(a.map(replica => [replica.replica, replica.judged ?? false]))
  return a.length === b.length && b.every(({ replica, judged: now = false }) => judged.get(replica) === now)
}
