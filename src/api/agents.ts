/**
 * Wire schemas between the control plane and its agents: runner, host, gateway. JSON over HTTP; an agent's
 * token is of scope `admin` no more than its kind allows (`agent:runner`, `agent:host`, `agent:gateway`).
 * Times are milliseconds; durations, not instants, cross machines.
 */
export * from './agents/attempt.ts'
export { type Disagreement, decidedSchema, disagreementSchema, type Preview } from './agents/disagreements.ts'
export * from './agents/gateway.ts'
export * from './agents/host.ts'
export * from './agents/offer.ts'
export * from './agents/quality.ts'
export * from './agents/requests.ts'
export type { Address, BlobRefWire } from './agents/shared.ts'
