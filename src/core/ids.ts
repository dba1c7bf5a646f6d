import { randomFillSync } from 'node:crypto'
import type { Branded } from './brand.ts'

/** 40 lower-case hex digits: a Git commit. */
export type CommitId = Branded<string, 'CommitId'>
export type ProjectId = Branded<string, 'ProjectId'>
export type PushId = Branded<string, 'PushId'>
export type PipelineId = Branded<string, 'PipelineId'>
export type JobId = Branded<string, 'JobId'>
export type AttemptId = Branded<string, 'AttemptId'>
export type VersionId = Branded<string, 'VersionId'>
export type RolloutId = Branded<string, 'RolloutId'>
export type ReplicaId = Branded<string, 'ReplicaId'>
export type PrincipalId = Branded<string, 'PrincipalId'>
export type TokenId = Branded<string, 'TokenId'>
export type RecordId = Branded<string, 'RecordId'>
export type MoveId = Branded<string, 'MoveId'>
export type ScheduleId = Branded<string, 'ScheduleId'>
export type MergeRequestId = Branded<string, 'MergeRequestId'>
export type HookId = Branded<string, 'HookId'>
export type EnvironmentId = Branded<string, 'EnvironmentId'>
export type EnvironmentDeploymentId = Branded<string, 'EnvironmentDeploymentId'>
export type ReleaseId = Branded<string, 'ReleaseId'>
export type PackId = Branded<string, 'PackId'>
export type LockId = Branded<string, 'LockId'>
export type ChannelId = Branded<string, 'ChannelId'>
export type NoticeId = Branded<string, 'NoticeId'>

const PREFIX = {
  project: 'prj',
  push: 'psh',
  pipeline: 'ppl',
  job: 'job',
  attempt: 'att',
  version: 'ver',
  rollout: 'rol',
  replica: 'rep',
  principal: 'pri',
  token: 'tok',
  record: 'rec',
  move: 'mov',
  schedule: 'sch',
  mergeRequest: 'mrq',
  hook: 'hok',
  environment: 'env',
  environmentDeployment: 'dpl',
  release: 'rel',
  pack: 'pak',
  lock: 'lck',
  channel: 'chn',
  notice: 'ntc',
} as const

interface IdOf {
  project: ProjectId
  push: PushId
  pipeline: PipelineId
  job: JobId
  attempt: AttemptId
  version: VersionId
  rollout: RolloutId
  replica: ReplicaId
  principal: PrincipalId
  token: TokenId
  record: RecordId
  move: MoveId
  schedule: ScheduleId
  mergeRequest: MergeRequestId
  hook: HookId
  environment: EnvironmentId
  environmentDeployment: EnvironmentDeploymentId
  release: ReleaseId
  pack: PackId
  lock: LockId
  channel: ChannelId
  notice: NoticeId
}

/** Crockford's base 32: no I, L, O or U, so an id read aloud is not misheard. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

let lastTime = 0
let counter = 0

/**
 * A new id: prefix, 9 digits of time (ms), 3 of a counter within the millisecond, 8 random: sorts by creation
 * within a process, and nearly so between processes.
 */
export function newId<Kind extends keyof IdOf>(kind: Kind): IdOf[Kind] {
  const now = Math.max(Date.now(), lastTime)
  counter = now === lastTime ? counter + 1 : 0
  lastTime = now
  return `${PREFIX[kind]}_${base32(now, 9)}${base32(counter, 3)}${randomText(8)}` as IdOf[Kind]
}

/** `length` random characters, 5 bits each. */
export function randomText(length: number): string {
  let text = ''
  for (const byte of randomFillSync(new Uint8Array(length))) text += ALPHABET[byte & 31]
  return text
}

function base32(value: number, digits: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < digits; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}
