import type { GitFrontDoor, LfsFrontDoor } from '../git/index.ts'
import type { StoreKeeper } from '../registry/index.ts'
import type { Authenticator } from './access/authenticate.ts'
import type { RateLimit } from './access/rate-limit.ts'
import type { ProjectCaches } from './caches/project-caches.ts'
import type { ControlPlane } from './control-plane.ts'
import type { EnvironmentStops } from './delivery/environments/stops.ts'
import type { MergeRequestActions } from './merge-requests/actions.ts'
import type { MirrorSync } from './mirrors/sync.ts'
import type { PipelineActions } from './pipelines/actions.ts'
import type { AttemptDesk } from './pipelines/attempts.ts'
import type { Dispatcher } from './pipelines/dispatch.ts'
import type { AttemptLogs } from './pipelines/logs/logs.ts'
import type { PipelineReconciler } from './pipelines/reconcile.ts'
import type { StoreWork } from './registry/store/work.ts'
import type { RetentionKeeper } from './registry/versions/retention.ts'
import type { GatewayCalls } from './requests/gateway-calls.ts'
import type { QualityBoard } from './requests/quality.ts'
import type { RolloutActions } from './rollouts/actions.ts'
import type { Fleet } from './rollouts/fleet.ts'
import type { Gateways } from './rollouts/gateways.ts'
import type { LatestCounts } from './rollouts/latest-counts.ts'
import type { OutcomeKeeper } from './rollouts/outcomes.ts'
import type { Publisher } from './rollouts/publisher.ts'
import type { RolloutReconciler } from './rollouts/reconcile.ts'
import type { TrafficMeter } from './rollouts/traffic.ts'
import type { Launcher } from './triggers/launch.ts'
import type { ScheduleReconciler } from './triggers/schedules/reconcile.ts'

/** The control plane's working parts, wired once in `compose.ts`; routes and the Git door call them. */
export interface Services {
  readonly plane: ControlPlane
  readonly authenticator: Authenticator
  readonly logins: RateLimit
  readonly logs: AttemptLogs
  readonly projectCaches: ProjectCaches
  readonly pipelines: PipelineReconciler
  readonly dispatcher: Dispatcher
  readonly desk: AttemptDesk
  readonly pipelineActions: PipelineActions
  readonly stops: EnvironmentStops
  readonly mergeRequests: MergeRequestActions
  readonly mirrors: MirrorSync
  readonly launcher: Launcher
  readonly schedules: ScheduleReconciler
  readonly fleet: Fleet
  readonly publisher: Publisher
  readonly traffic: TrafficMeter
  readonly latest: LatestCounts
  readonly rollouts: RolloutReconciler
  readonly gateways: Gateways
  readonly gatewayCalls: GatewayCalls
  readonly quality: QualityBoard
  readonly outcomes: OutcomeKeeper
  readonly rolloutActions: RolloutActions
  readonly retention: RetentionKeeper
  readonly keeper: StoreKeeper
  readonly storeWork: StoreWork
  readonly git: GitFrontDoor
  readonly lfs: LfsFrontDoor
  /** By which the server itself may predict: the try-it box. Made anew at each start. */
  readonly predictSecret: string
}
