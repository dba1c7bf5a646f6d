/** What the control plane tells of versions: their names, history and lineage, and what a search finds. */
import { z } from 'zod'
import { optimizationViewSchema, variantViewSchema } from './variants.ts'
import { versionViewSchema } from './views.ts'

const versionRefSchema = z.object({ id: z.string(), number: z.number() })

export const aliasViewSchema = z.object({
  name: z.string(),
  version: versionRefSchema,
  /** latest and environment: Ballast keeps them; own: people do. */
  kind: z.enum(['latest', 'environment', 'own']),
  /** Moved by maintainers alone. */
  protected: z.boolean(),
  movedAt: z.string().nullable(),
  movedBy: z.string().nullable(),
})
export type AliasView = z.infer<typeof aliasViewSchema>

/** PUT /api/v1/models/:model/aliases/:name */
export const setAliasSchema = z.object({
  /** Whatever names a version: `3`, `v3`, `production`, `sha256:…`, `commit:…`. */
  version: z.string(),
  /** Where whoever moves it believes it to be; null: nowhere yet. A protected one is moved with it alone. */
  expected: z.string().nullable().optional(),
  /** Absent: as it is. */
  protected: z.boolean().optional(),
  reason: z.string().max(500).optional(),
})

export const decisionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('person'), by: z.string() }),
  z.object({ kind: z.literal('analysis') }),
  z.object({ kind: z.literal('checks') }),
])
export type DecisionView = z.infer<typeof decisionSchema>

/** A change of what serves somewhere, or of what an alias names. Never changed, never removed. */
export const movedEntrySchema = z.object({
  kind: z.literal('moved'),
  at: z.string(),
  place: z.object({ kind: z.enum(['environment', 'alias']), name: z.string() }),
  event: z.enum(['canary', 'served', 'aborted', 'set', 'removed']),
  version: versionRefSchema,
  before: versionRefSchema.nullable(),
  weight: z.number().nullable(),
  by: z.string(),
  decision: decisionSchema,
  rollback: z.boolean(),
  rollout: z.string().nullable(),
  reason: z.string(),
})

/** A line of the log: a version that was registered, or a change of what serves where. */
export const logEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('registered'),
    at: z.string(),
    version: versionRefSchema,
    digest: z.string(),
    commit: z.string(),
    parent: versionRefSchema.nullable(),
    metrics: z.record(z.string(), z.number()),
    variants: z.array(variantViewSchema),
    /** Names that point at it now. */
    names: z.array(z.string()),
    expired: z.string().nullable(),
    imported: z.boolean(),
    by: z.string().nullable(),
  }),
  movedEntrySchema,
])
export type LogEntry = z.infer<typeof logEntrySchema>

/** GET /api/v1/models/:model/log, newest first. `next`: the `before` of the page after this; null: it was the last. */
export const logSchema = z.object({ entries: z.array(logEntrySchema), next: z.string().nullable() })
export type LogView = z.infer<typeof logSchema>

/** GET /api/v1/models/:model/serving: what served when in one environment, or what an alias named, oldest first. */
export const servingIntervalSchema = z.object({
  version: versionRefSchema,
  as: z.enum(['stable', 'canary', 'alias']),
  from: z.string(),
  until: z.string().nullable(),
  weight: z.number().nullable(),
  by: z.string(),
  decision: decisionSchema,
  rollback: z.boolean(),
  reason: z.string(),
  /** How a canary ended. */
  ended: z
    .object({ as: z.enum(['promoted', 'aborted']), decision: decisionSchema, reason: z.string() })
    .nullable(),
})
export type ServingView = z.infer<typeof servingIntervalSchema>

export const lineageSchema = z.object({
  version: versionRefSchema,
  model: z.string(),
  commit: z.string(),
  createdAt: z.string(),
  /** What this comes from, nearest first. `why`: the nearest ancestor commit's version, or what served. */
  ancestors: z.array(
    versionRefSchema.extend({
      why: z.enum(['commit', 'production']),
      commit: z.string(),
      createdAt: z.string(),
      expired: z.boolean(),
    }),
  ),
  children: z.array(versionRefSchema),
  /** What served in production as it was registered. */
  production: versionRefSchema.nullable(),
  data: z.array(z.object({ role: z.enum(['evaluation', 'training']), path: z.string(), digest: z.string() })),
  training: z
    .object({
      job: z.string(),
      name: z.string(),
      attempt: z.string(),
      attemptNumber: z.number(),
      pipeline: z.string(),
      file: z.string(),
    })
    .nullable(),
  config: z.string().nullable(),
  /** Where it was imported from. */
  imported: z.object({ server: z.string(), number: z.number(), version: z.string() }).nullable(),
})
export type LineageView = z.infer<typeof lineageSchema>

/** GET /api/v1/search, newest first. */
export const searchResultSchema = z.object({
  versions: z.array(versionViewSchema),
  /** How many versions were looked at. */
  searched: z.number(),
  /** There are older ones that were not looked at. */
  more: z.boolean(),
})
export type SearchResult = z.infer<typeof searchResultSchema>

export const retentionRulesSchema = z.object({
  keepLast: z.number().int().optional(),
  keepDays: z.number().int().optional(),
  keepParents: z.number().int().optional(),
})
export const retentionViewSchema = z.object({
  project: z.string(),
  /** null: all models of the project without a policy of their own. */
  model: z.string().nullable(),
  rules: retentionRulesSchema,
  setAt: z.string(),
  setBy: z.string(),
})
export type RetentionView = z.infer<typeof retentionViewSchema>

/** What a policy would do now, or has done. */
export const retentionReportSchema = z.object({
  model: z.string(),
  versions: z.array(z.object({ id: z.string(), number: z.number(), keep: z.boolean(), reason: z.string() })),
})
export type RetentionReport = z.infer<typeof retentionReportSchema>

export const fileViewSchema = z.object({ name: z.string(), digest: z.string(), size: z.number() })

/** GET /api/v1/models/:model/versions/:version, by any name. */
export const namedVersionSchema = versionViewSchema.extend({
  manifest: z.object({
    model: z.string(),
    commit: z.string(),
    files: z.array(fileViewSchema),
    config: z.unknown(),
  }),
  /** What was tried of it; null where nothing was. */
  optimization: optimizationViewSchema.nullable(),
})
export type NamedVersion = z.infer<typeof namedVersionSchema>
