export { type HostOptions, type RunningHost, runHost } from './host.ts'
export { type LocalHost, type LocalReplica, openLocalHost } from './local.ts'
