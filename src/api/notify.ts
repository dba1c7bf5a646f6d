/** Wire schemas of notifications: channels of a project, and what they were told. Times are ISO 8601 in UTC. */
import { z } from 'zod'

export const NEWS = [
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
export const USUAL_NEWS_KINDS = [
  'approval.needed',
  'rollout.promoted',
  'rollout.rolled-back',
  'rollout.aborted',
  'pipeline.failed',
  'pipeline.fixed',
] as const satisfies readonly (typeof NEWS)[number][]

const MAX_URL = 2000
const MAX_RECIPIENTS = 20
/** As SMTP bounds it (RFC 5321, 4.5.3.1.3, without the brackets). */
const MAX_ADDRESS = 254
const MIN_HELD_MS = 60_000
const MAX_HELD_MS = 30 * 86_400_000

/** One line without anything that a header or another command could be made of. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, { error: 'no control characters' })
const address = z
  .string()
  .max(MAX_ADDRESS)
  .regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, {
    error: 'an address such as ml-team@example.org, without a name',
  })
const host = z
  .string()
  .max(253)
  .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/, {
    error: 'a name or an IP address',
  })

/** What comes in and never goes out. */
export const channelTargetSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('webhook'),
    url: line(MAX_URL),
    /** `whsec_` and 24 to 64 bytes in base64. Absent: the server makes one, and tells it once. */
    secret: line(200).optional(),
  }),
  z.object({ kind: z.literal('slack'), url: line(MAX_URL) }),
  z.object({
    kind: z.literal('email'),
    host,
    port: z.number().int().min(1).max(65_535),
    /** tls: from the first byte. starttls: before anything is said. plain: where an admin allows it. */
    security: z.enum(['tls', 'starttls', 'plain']),
    credentials: z.object({ user: line(200), password: line(1000) }).optional(),
    from: address,
    to: z.array(address).min(1).max(MAX_RECIPIENTS),
  }),
])
export type ChannelTarget = z.infer<typeof channelTargetSchema>

const settings = {
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, { error: 'letters, digits, . _ and -' }),
  news: z.array(z.enum(NEWS)).min(1).max(NEWS.length),
  /** `*` stands for any characters. Empty: all but previews. */
  environments: z.array(z.string().regex(/^[A-Za-z0-9_./*-]{1,100}$/)).max(20),
  language: z.enum(['en', 'zh']),
  /** A rollout that stands still for so long is told of, where `rollout.held` is among the news. */
  heldAfterMs: z.number().int().min(MIN_HELD_MS).max(MAX_HELD_MS).nullable(),
  active: z.boolean(),
}

export const channelBodySchema = z.object({
  ...settings,
  news: settings.news.default([...USUAL_NEWS_KINDS]),
  environments: settings.environments.default([]),
  language: settings.language.default('en'),
  heldAfterMs: settings.heldAfterMs.default(null),
  active: settings.active.default(true),
  target: channelTargetSchema,
})

/** PUT: what is not named stays. */
export const channelChangeSchema = z.object({
  news: settings.news.optional(),
  environments: settings.environments.optional(),
  language: settings.language.optional(),
  heldAfterMs: settings.heldAfterMs.optional(),
  active: settings.active.optional(),
  /** Of the same kind; a webhook's secret stays unless another is given. */
  target: channelTargetSchema.optional(),
})

export const noticeViewSchema = z.object({
  /** Also the `webhook-id`. */
  id: z.string(),
  kind: z.enum([...NEWS, 'test']),
  /** The sentence that is told. */
  title: z.string(),
  at: z.string(),
  state: z.enum(['waiting', 'sent', 'given-up']),
  tries: z.number(),
  triedAt: z.string().nullable(),
  status: z.number().nullable(),
  problem: z.string().nullable(),
})
export type NoticeView = z.infer<typeof noticeViewSchema>

export const channelViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['webhook', 'slack', 'email']),
  ...settings,
  /** Of the target, what is no secret: its host, addresses with most letters left out. */
  shown: z.string(),
  createdAt: z.string(),
  /** In a row; 0: the last notice was taken. */
  failures: z.number(),
  /** While notices wait after a failure. */
  nextTryAt: z.string().nullable(),
  last: noticeViewSchema.nullable(),
})
export type ChannelView = z.infer<typeof channelViewSchema>

export const channelSetSchema = z.object({
  channel: channelViewSchema,
  /** Of a webhook whose secret the server made: shown this once. */
  secret: z.string().nullable(),
})

export const NOTIFY_ALLOWANCES = ['private', 'plain'] as const
export type NotifyAllowance = (typeof NOTIFY_ALLOWANCES)[number]
/** What channels may reach beside https and encrypted SMTP at public addresses. */
export const notifySettingsSchema = z.object({ allow: z.array(z.enum(NOTIFY_ALLOWANCES)) })
