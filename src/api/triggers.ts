/** Wire schemas of what starts pipelines beside a push. Times are ISO 8601 in UTC. */
import { z } from 'zod'
import { pipelineSummarySchema } from './views.ts'

/** As many as a person or a script gives; a pipeline keeps them all. */
const MAX_VARIABLES = 100
const MAX_VALUE_LENGTH = 10_000
const MAX_REF_LENGTH = 255

const refSchema = z.string().min(1).max(MAX_REF_LENGTH)
/** Few and bounded; which names are taken is the server's to say. */
export const variablesSchema = z
  .record(z.string().max(100), z.string().max(MAX_VALUE_LENGTH))
  .refine(record => Object.keys(record).length <= MAX_VARIABLES, { error: `at most ${MAX_VARIABLES}` })
export const inputsSchema = z
  .record(
    z.string().max(100),
    z.union([z.string().max(MAX_VALUE_LENGTH), z.number(), z.boolean(), z.array(z.string()).max(1000)]),
  )
  .refine(record => Object.keys(record).length <= MAX_VARIABLES, { error: `at most ${MAX_VARIABLES}` })

/** POST /api/v1/projects/:project/pipelines: 201 with the pipeline's summary. */
export const runPipelineSchema = z.object({
  /** A branch or tag; the default branch where absent. */
  ref: refSchema.optional(),
  variables: variablesSchema.default({}),
  inputs: inputsSchema.default({}),
})

export const scheduleBodySchema = z.object({
  description: z.string().min(1).max(200),
  cron: z.string().max(200),
  timeZone: z.string().min(1).max(100).default('UTC'),
  ref: refSchema.optional(),
  variables: variablesSchema.default({}),
  inputs: inputsSchema.default({}),
  active: z.boolean().default(true),
})

export const scheduleViewSchema = z.object({
  id: z.string(),
  description: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  ref: z.string(),
  variables: z.record(z.string(), z.string()),
  inputs: inputsSchema,
  owner: z.string(),
  active: z.boolean(),
  nextRunAt: z.string().nullable(),
  lastRunAt: z.string().nullable(),
  /** What came of the last run: one line. */
  lastOutcome: z.string().nullable(),
  createdAt: z.string(),
})
export type ScheduleView = z.infer<typeof scheduleViewSchema>

export const scheduleRunSchema = z.object({ outcome: z.string() })

export const mergeRequestBodySchema = z.object({
  title: z.string().min(1).max(255),
  description: z.string().max(20_000).default(''),
  source: refSchema,
  /** The default branch where absent. */
  target: refSchema.optional(),
  needsSuccess: z.boolean().default(false),
  draft: z.boolean().default(false),
  labels: z.array(z.string().min(1).max(100)).max(50).default([]),
})

/** PUT: what is not named stays. */
export const mergeRequestChangeSchema = z.object({
  title: z.string().min(1).max(255).optional(),
  description: z.string().max(20_000).optional(),
  target: refSchema.optional(),
  needsSuccess: z.boolean().optional(),
  draft: z.boolean().optional(),
  labels: z.array(z.string().min(1).max(100)).max(50).optional(),
})

export const mergeBodySchema = z.object({
  /** fast-forward: refused where the target has moved on. Absent: that where it can be, else a merge commit. */
  method: z.enum(['fast-forward', 'merge']).optional(),
  /** Merges only if this is its head. */
  head: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
})

export const mergeRequestViewSchema = z.object({
  number: z.number(),
  project: z.string(),
  title: z.string(),
  description: z.string(),
  source: z.string(),
  target: z.string(),
  state: z.enum(['open', 'merged', 'closed']),
  head: z.string(),
  author: z.string(),
  needsSuccess: z.boolean(),
  draft: z.boolean(),
  labels: z.array(z.string()),
  /** Of another forge: `github#12`. */
  external: z.string().nullable(),
  mergeCommit: z.string().nullable(),
  /** Of its head, the newest. */
  pipeline: pipelineSummarySchema.nullable(),
  /** Paths of conflicts with the target; null where that was not asked or it is not open. */
  conflicts: z.array(z.string()).nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
})
export type MergeRequestView = z.infer<typeof mergeRequestViewSchema>

export const mirrorBodySchema = z.object({
  url: z.string().min(1).max(2000),
  forge: z.enum(['github', 'gitlab', 'gitea']).optional(),
  apiUrl: z.string().max(2000).optional(),
  /** Absent: those that are there stay, where the address is the same; null: none. */
  credentials: z
    .object({
      user: z.string().max(200).default(''),
      token: z.string().max(2000).default(''),
      /** For an address of ssh: a private key without a passphrase, and the public key that the host shows. */
      ssh: z
        .object({
          key: z
            .string()
            .max(20_000)
            .regex(/^-----BEGIN [A-Z ]+-----\n[\w+/=\n:,. -]+-----END [A-Z ]+-----\n?$/),
          hostKey: z
            .string()
            .max(2000)
            .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]+=*$/),
        })
        .optional(),
    })
    .nullable()
    .optional(),
  statuses: z.boolean().default(true),
  /** Makes another secret and address for the forge's webhook. */
  newHook: z.boolean().default(false),
})

export const mirrorViewSchema = z.object({
  url: z.string(),
  forge: z.enum(['github', 'gitlab', 'gitea']),
  apiUrl: z.string().nullable(),
  hasCredentials: z.boolean(),
  statuses: z.boolean(),
  owner: z.string(),
  /** What the forge is to call. */
  hookUrl: z.string(),
  syncedAt: z.string().nullable(),
  outcome: z.string().nullable(),
  /** A synchronisation is due or runs. */
  due: z.boolean(),
})
export type MirrorView = z.infer<typeof mirrorViewSchema>

/** The secret is told once, when it is made. */
export const mirrorSetSchema = z.object({ mirror: mirrorViewSchema, hookSecret: z.string().nullable() })

/** What the installation allows mirrors to reach beside https on public addresses. */
export const MIRROR_ALLOWANCES = ['http', 'file', 'private'] as const
export type MirrorAllowance = (typeof MIRROR_ALLOWANCES)[number]
export const mirrorSettingsSchema = z.object({ allow: z.array(z.enum(MIRROR_ALLOWANCES)) })
