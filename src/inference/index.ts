export type { InferenceErrorCode } from './errors.ts'
export {
  defaultAccessLog,
  type GatewayOptions,
  GatewayState,
  openGateway,
  type RunningGateway,
  runGateway,
  type ServingGateway,
  type TelemetryOptions,
} from './gateway/index.ts'
export {
  type HostOptions,
  type LocalHost,
  type LocalReplica,
  openLocalHost,
  type RunningHost,
  runHost,
} from './host/index.ts'
export {
  type BorrowedReplica,
  borrowReplica,
  type ReplicaSpec,
  type RunningReplica,
  replicaProcess,
  spareProcess,
} from './replica/index.ts'
