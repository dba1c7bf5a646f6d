export { type BorrowedReplica, borrowReplica } from './borrowed.ts'

export { answerOf, type Parked, readParked } from './parked.ts'
export { replicaProcess, spareProcess, type Told, UNFIT_EXIT_STATUS } from './process.ts'
export type { RunningReplica } from './replica.ts'
export type { ReplicaSpec, ReplicaSpecInput } from './spec.ts'
export { type ReplicaStatus, replicaStatusSchema } from './status.ts'
export { RIGHT, UNVERIFIED } from './verdict.ts'
