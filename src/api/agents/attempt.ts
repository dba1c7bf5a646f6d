import { z } from 'zod'
import { reportSummariesSchema } from '../reports.ts'
import { reportKindSchema } from './offer.ts'
import { blobRefSchema, jsonSchema, keptFileSchema } from './shared.ts'

/**
 * GET /api/v1/attempts/:id/source: tar of the commit's tree; ?git=<depth>: with a repository of its history in
 * `.git`, so many commits deep (0: all); ?submodule=<path>: of that submodule of the offer. GET/PUT /api/v1/attempts/:id/blobs/:digest.
 */

/**
 * GET /api/v1/attempts/:id/lfs: what Git LFS keeps of the commit's files. `files` are read as blobs of the attempt;
 * `missing` was never received, and none of it can be had.
 */
const lfsFileSchema = z.object({
  path: z.string(),
  digest: z.string(),
  size: z.number().int().min(0),
  executable: z.boolean(),
})
export const lfsFilesSchema = z.object({ files: z.array(lfsFileSchema), missing: z.array(lfsFileSchema) })
export type LfsFiles = z.infer<typeof lfsFilesSchema>

/** POST /api/v1/attempts/:id/heartbeat, and its answer. Sent every leaseMs / 3, and at once on a start. */
export const heartbeatSchema = z.object({
  fence: z.number().int(),
  started: z.boolean(),
  sandboxed: z.boolean(),
})
export const heartbeatResponseSchema = z.object({ cancel: z.boolean() })

/** POST /api/v1/attempts/:id/log?fence=&offset=: raw bytes from that offset; answers the length it has now. */
export const logAppendResponseSchema = z.object({ length: z.number().int() })

/** POST /api/v1/attempts/:id/finish. Repeating it is harmless. */
export const finishSchema = z.object({
  fence: z.number().int(),
  outcome: z.enum(['succeeded', 'failed', 'errored', 'canceled']),
  exitCode: z.number().int().optional(),
  reason: z.string().max(2000).optional(),
  /** Why it did not succeed, as far as trying again depends on it. */
  cause: z.enum(['script', 'timeout', 'runner', 'setup', 'unmatched', 'other']).optional(),
  artifacts: z.array(keptFileSchema),
  /** Kept files that are reports. */
  reports: z.array(z.object({ kind: reportKindSchema, path: z.string() })).optional(),
  /** What was read of them. */
  reportSummaries: reportSummariesSchema.optional(),
  /** What a stage found: its result.jsonSchema. */
  result: jsonSchema.optional(),
})
export type Finish = z.infer<typeof finishSchema>

/** What a stage writes: one shape for all. */
export const stageResultSchema = z.object({
  stage: z.enum(['scan', 'inspect', 'convert', 'evaluate', 'gate', 'optimize', 'register']),
  verdict: z.enum(['passed', 'failed', 'inconclusive', 'not applicable']),
  /** Lines for `git push` and the run's page. */
  summary: z.array(z.string()),
  /** By record kind: `scan`, `inspection`, `conversion`, `evaluation`, `gates`, `optimization`, `reference-outputs`, `serving`. */
  records: z.record(z.string(), jsonSchema),
  /** register only: what to register. Its files were put as blobs of the attempt. */
  manifest: z
    .object({ model: z.string(), commit: z.string(), files: z.array(blobRefSchema), config: jsonSchema })
    .optional(),
})
export type StageResult = z.infer<typeof stageResultSchema>
