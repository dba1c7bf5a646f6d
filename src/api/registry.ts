import { z } from 'zod'

/**
 * The store of the registry, for its admin:
 *
 *   GET  /registry/stats[?project=]       what it holds, and what saved how much
 *   GET  /registry/quotas/:project        what a project holds, and may hold
 *   PUT  /registry/quotas/:project        sets the latter
 *   POST /registry/collections            collects: lines of JSON, the report last
 *   POST /registry/checks                 fsck: the same, findings as they come
 */
const bytes = z.number().int().nonnegative()

export const storeStatsSchema = z.object({
  objects: z.number(),
  logicalBytes: bytes,
  storedBytes: bytes,
  /** What saved how much; `overhead` is negative. */
  saved: z.object({
    dedupe: z.number(),
    planes: z.number(),
    delta: z.number(),
    zstd: z.number(),
    overhead: z.number(),
  }),
  packed: z.number(),
  packs: z.number(),
  chunks: z.number(),
  warm: z.object({ files: z.number(), bytes, budget: bytes }),
  waiting: z.object({ objects: z.number(), bytes }),
  failures: z.array(z.object({ digest: z.string(), size: bytes, problem: z.string() })),
})
export type StoreStatsView = z.infer<typeof storeStatsSchema>

export const projectUsageSchema = z.object({
  project: z.string(),
  objects: z.number(),
  bytes,
  /** null: no limit. */
  quota: bytes.nullable(),
})
export type ProjectUsageView = z.infer<typeof projectUsageSchema>

export const quotaBodySchema = z.object({ quota: bytes.nullable() })

export const collectBodySchema = z.object({
  /** Default: the server's own. */
  graceMs: z.number().nonnegative().optional(),
  dryRun: z.boolean().default(false),
})

export const collectReportSchema = z.object({
  objects: z.number(),
  live: z.number(),
  young: z.number(),
  removed: z.array(z.object({ digest: z.string(), size: bytes, touchedAt: z.string() })),
  removedCount: z.number(),
  removedBytes: bytes,
  chunks: z.number(),
  packsRemoved: z.number(),
  packsRewritten: z.number(),
  freedBytes: z.number(),
})
export type CollectReportView = z.infer<typeof collectReportSchema>

export const checkBodySchema = z.object({ repair: z.boolean().default(false) })

export const findingSchema = z.object({
  kind: z.string(),
  object: z.string().optional(),
  pack: z.string().optional(),
  chunk: z.string().optional(),
  message: z.string(),
  done: z.string().optional(),
  neededBy: z.array(z.string()).readonly().optional(),
})
export type FindingView = z.infer<typeof findingSchema>

export const checkReportSchema = z.object({
  objects: z.number(),
  packs: z.number(),
  chunks: z.number(),
  bytes,
  findings: z.array(findingSchema),
  damaged: z.number(),
})
export type CheckReportView = z.infer<typeof checkReportSchema>

/** A line of a long work's answer. One that can't be ended well says so in its last line, since its status is sent. */
export const workLineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), done: z.number(), total: z.number() }),
  z.object({ kind: z.literal('finding'), finding: findingSchema }),
  z.object({ kind: z.literal('report'), report: z.unknown() }),
  z.object({
    kind: z.literal('error'),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }),
  }),
])
export type WorkLine = z.infer<typeof workLineSchema>
