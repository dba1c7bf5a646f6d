import {
  branchMatches,
  type ChannelId,
  type Decision,
  type Fraction,
  type Instant,
  type JobId,
  type Milliseconds,
  type NoticeId,
  type PipelineId,
  type ProjectId,
  type RolloutId,
  type VersionId,
} from '../core/index.ts'

/** What a channel can be told of. */
export const NEWS_KINDS = [
  'approval.needed',
  'approval.expired',
  'rollout.started',
  'rollout.held',
  'rollout.paused',
  'rollout.resumed',
  'rollout.overridden',
  'rollout.promoted',
  'rollout.rolled-back',
  'rollout.aborted',
  'rollout.superseded',
  'pipeline.failed',
  'pipeline.fixed',
] as const
export type NewsKind = (typeof NEWS_KINDS)[number]

export interface RolloutNews {
  readonly kind: Extract<NewsKind, `rollout.${string}`>
  readonly rollout: RolloutId
  readonly model: string
  readonly environment: string
  readonly candidate: VersionId
  /** What served before; absent for a first version. */
  readonly stable?: VersionId
  /** Part of the traffic that the candidate takes now. */
  readonly weight: Fraction
  /** Why, as the rollout's own history has it. */
  readonly reason: string
  /** Who asked for the rollout. */
  readonly by: string
  readonly decision?: Decision
  /** A return to an earlier version by hand. */
  readonly isRollback?: true
}

export interface ApprovalNews {
  readonly kind: 'approval.needed' | 'approval.expired'
  readonly pipeline: PipelineId
  readonly job: JobId
  readonly jobName: string
  readonly environment: string
  readonly reason: string
  /** When it is too late. */
  readonly until?: Instant
}

export interface PipelineNews {
  readonly kind: 'pipeline.failed' | 'pipeline.fixed'
  readonly pipeline: PipelineId
}

/** Facts alone, as they were when it happened: names and numbers are looked up when it is told. */
export type News = RolloutNews | ApprovalNews | PipelineNews
/** A test is told to one channel because somebody asked for it. */
export type Told = News | { readonly kind: 'test'; readonly by: string }

export const CHANNEL_KINDS = ['webhook', 'slack', 'email'] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]
export const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]

/** Where news of a project go. */
export interface Channel {
  readonly id: ChannelId
  readonly project: ProjectId
  /** Unique within its project. */
  readonly name: string
  readonly kind: ChannelKind
  readonly news: readonly NewsKind[]
  /** Names of environments, `*` for any characters. Empty: all but the previews of branches. */
  readonly environments: readonly string[]
  readonly language: Language
  /** A rollout that stands still for so long is told of, once for each step. Absent: never. */
  readonly heldAfter?: Milliseconds
  /** What may be shown of the target: a host, addresses with most letters left out. */
  readonly shown: string
  /** Sealed: the target with its secrets. */
  readonly target: string
  readonly active: boolean
  readonly createdAt: Instant
  /** Failures one after the other since a notice was taken. */
  readonly failures: number
  /** Nothing is sent before. */
  readonly nextTryAt: Instant
}

/** Whether a channel is to be told. Previews come and go with branches: they are told of where somebody names them. */
export function wants(
  { news: kinds, environments, active }: Pick<Channel, 'news' | 'environments' | 'active'>,
  news: News,
): boolean {
  if (!active || !kinds.includes(news.kind)) return false
  if (!('environment' in news)) return true
  const { environment } = news
  return environments.length === 0
    ? !environment.startsWith('preview-')
    : environments.some(pattern => branchMatches(pattern, environment))
}

export const NOTICE_STATES = ['waiting', 'sent', 'given-up'] as const
export type NoticeState = (typeof NOTICE_STATES)[number]

/** One thing that one channel is told. */
export interface Notice {
  readonly id: NoticeId
  readonly channel: ChannelId
  readonly news: Told
  readonly at: Instant
  readonly state: NoticeState
  readonly tries: number
  readonly triedAt?: Instant
  /** What came back, as far as something did: a status of HTTP or a code of SMTP. */
  readonly status?: number
  readonly problem?: string
}
