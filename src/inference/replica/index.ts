export { replicaProcess, UNFIT_EXIT_STATUS } from './process.ts'
export { type RunningReplica, runReplica } from './replica.ts'
export { parseSpec, type ReplicaSpec, type ReplicaSpecInput } from './spec.ts'
export { type ReplicaStatus, replicaStatusSchema } from './status.ts'
