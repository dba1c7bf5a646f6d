import type { ChannelId, Instant, NoticeId, ProjectId } from '../core/index.ts'
import type { Channel, News, Notice, Told } from './types.ts'

export type { Channel, News, Notice, Told } from './types.ts'

/** What became of one try. */
export type Tried =
  | { readonly kind: 'sent'; readonly at: Instant; readonly status: number }
  | {
      readonly kind: 'failed'
      readonly at: Instant
      readonly status?: number
      readonly problem: string
      /** Never tried again. */
      readonly givenUp: boolean
      /** When the channel is tried next, with this notice or the one behind it. */
      readonly nextTryAt: Instant
    }

/**
 * Channels and what waits to be told to them. What happens to rollouts, jobs and pipelines is written down for the
 * channels that want it by their own stores, in the transaction of the change: a change that is stored is told, and
 * one that is not is not.
 */
export interface NotifyStore {
  addChannel(channel: Channel): Promise<void>
  channel(id: ChannelId): Promise<Channel | undefined>
  /** In the order in which they were made. */
  channels(project: ProjectId): Promise<readonly Channel[]>
  /** All but what its tries have come to, which begins anew. False where it is gone. */
  changeChannel(channel: Channel): Promise<boolean>
  removeChannel(id: ChannelId): Promise<boolean>
  /** Active ones that are told of rollouts that stand still. */
  channelsForHeld(): Promise<readonly Channel[]>

  /** For one channel, whatever it wants. */
  tell(channel: ChannelId, told: Told, at: Instant): Promise<NoticeId>
  /** The same with an occasion: nothing where this channel was told of that already. */
  tellOnce(channel: ChannelId, news: News, occasion: string, at: Instant): Promise<void>
  notice(id: NoticeId): Promise<Notice | undefined>
  /** Newest first. */
  notices(channel: ChannelId, limit: number): Promise<readonly Notice[]>
  /** Of each active channel whose time has come, the notice that has waited longest. */
  due(now: Instant, limit: number): Promise<readonly { readonly channel: Channel; readonly notice: Notice }[]>
  /** Nothing for a notice that no longer waits. Of the ended ones, `keep` are kept for each channel. */
  tried(id: NoticeId, tried: Tried, keep: number): Promise<void>
}
