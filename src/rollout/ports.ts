import type {
  Decision,
  EnvelopeSignature,
  Instant,
  JobId,
  ProjectId,
  RolloutId,
  VersionId,
} from '../core/index.ts'
import type { LedgerOutcomes } from './experiment/types.ts'
import type { CurvePoint } from './looks/curve.ts'
import type { RolloutEvidence } from './looks/types.ts'
import type { Analysis, Arm, ArmCounts, Rollout, RolloutPhase, ShadowCounts, TrafficPlan } from './types.ts'

/** A rollout with where it came from. */
export interface StoredRollout extends Rollout {
  readonly project: ProjectId
  /** The deploy job that follows it; absent for a rollback by hand. */
  readonly job?: JobId
  /** Who asked: a principal's name. */
  readonly by: string
  /** Environments in which its candidate must have been promoted, as its file and the policy had it when it began. */
  readonly from?: readonly string[]
  /** What the candidate's file asks for; absent for a rollback by hand: then the environment's stays. */
  readonly traffic?: TrafficPlan
  /** Grows with every change: compare and set. */
  readonly revision: number
}

/** What serves in an environment: the latest promoted version, and the one before it, kept warm for a rollback. */
export interface Deployment {
  readonly project: ProjectId
  readonly model: string
  readonly environment: string
  readonly stable: VersionId
  readonly previous?: VersionId
  /** The version before is kept loaded until then; absent: always. */
  readonly previousUntil?: Instant
  readonly since: Instant
  readonly traffic?: TrafficPlan
}

export interface RolloutChange {
  readonly at: Instant
  readonly phase: RolloutPhase
  readonly step: number
  readonly weight: number
  readonly reason: string
  readonly analysis?: Analysis
  readonly decision?: Decision
}

/** A decision's record as it is kept. */
export interface StoredRecord {
  readonly rollout: RolloutId
  /** 1, 2, 3 … of the rollout. */
  readonly sequence: number
  /** Canonical JSON of a `DecisionRecord`. */
  readonly payload: string
  readonly signature?: EnvelopeSignature
  /** Why it has no signature yet. */
  readonly unsigned?: string
}

/** Evidence as it is kept, with how it went. */
export interface StoredEvidence {
  readonly state: RolloutEvidence
  /** Oldest first. */
  readonly curve: readonly CurvePoint[]
}

export interface RolloutStore {
  /** Throws VERSION_EXPIRED where retention gave up the candidate's bytes. */
  add(rollout: StoredRollout): Promise<void>
  byId(id: RolloutId): Promise<StoredRollout | undefined>
  byJob(job: JobId): Promise<StoredRollout | undefined>
  inPhases(phases: readonly RolloutPhase[]): Promise<readonly StoredRollout[]>
  list(model: string, limit: number): Promise<readonly StoredRollout[]>
  /**
   * Writes `next` with a line of history if the stored revision is `revision`, in one transaction with the
   * deployment that a promotion makes, the line of what served where, and the record of the decision. False when
   * somebody else was faster.
   */
  update(
    next: Rollout,
    revision: number,
    change: RolloutChange,
    deployment?: Deployment,
    record?: StoredRecord,
  ): Promise<boolean>
  history(id: RolloutId): Promise<readonly RolloutChange[]>

  /** In the order in which it was decided; of a page those behind `after`. */
  records(
    rollout: RolloutId,
    page?: { readonly after: number; readonly limit: number },
  ): Promise<readonly StoredRecord[]>
  lastRecord(rollout: RolloutId): Promise<StoredRecord | undefined>
  /** Of any rollout. */
  unsignedRecords(limit: number): Promise<readonly StoredRecord[]>
  /** Nothing where it is signed. */
  signRecord(rollout: RolloutId, sequence: number, signature: EnvelopeSignature): Promise<void>

  deployment(model: string, environment: string): Promise<Deployment | undefined>
  deployments(): Promise<readonly Deployment[]>
  /** Nothing serves there any more: in one transaction with the line of history that says so. Nothing where nothing did. */
  removeDeployment(
    model: string,
    environment: string,
    removal: { readonly at: Instant; readonly by: string; readonly reason: string },
  ): Promise<void>

  /** What a rollout's verdict rests on; undefined before its first look. */
  evidence(rollout: RolloutId): Promise<StoredEvidence | undefined>
  /** Written in one piece with the counts that it has observed; false where the stored one has not `changes - 1`. */
  saveEvidence(rollout: RolloutId, evidence: StoredEvidence): Promise<boolean>
  /**
   * What feedback says of an experiment, by the gateways' ledgers: cumulative, so that what has more is the newer and
   * replaces what was there.
   */
  saveOutcomes(rollout: RolloutId, told: LedgerOutcomes): Promise<void>
  outcomes(rollout: RolloutId): Promise<readonly LedgerOutcomes[]>
  /** Latest cumulative counts of a step's arms by gateway process (`epoch`): replaces, so a repeated report counts once. */
  saveCounts(rollout: RolloutId, step: number, epoch: string, arm: Arm, counts: ArmCounts): Promise<void>
  /** Sum over all epochs. */
  counts(rollout: RolloutId, step: number): Promise<Readonly<Partial<Record<Arm, ArmCounts>>>>
  /** Latest cumulative counts of a shadow step by gateway process, as `saveCounts`. */
  savePairs(rollout: RolloutId, step: number, epoch: string, pairs: ShadowCounts): Promise<void>
  /** Sum over all epochs; undefined where none has told any. */
  pairs(rollout: RolloutId, step: number): Promise<ShadowCounts | undefined>
}
