export type { InferenceErrorCode } from './errors.ts'
export {
  defaultAccessLog,
  type GatewayOptions,
  type RunningGateway,
  runGateway,
  type TelemetryOptions,
} from './gateway/index.ts'
export { type HostOptions, type RunningHost, runHost } from './host/index.ts'
export {
  type BorrowedReplica,
  borrowReplica,
  type ReplicaSpec,
  type RunningReplica,
  replicaProcess,
} from './replica/index.ts'
