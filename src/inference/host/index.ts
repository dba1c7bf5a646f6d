export { type HostOptions, type RunningHost, runHost } from './host.ts'
