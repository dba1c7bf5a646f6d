import { z } from 'zod'
import { addressSchema, blobRefSchema, digestSchema, jsonSchema } from './shared.ts'

/** Inputs and outputs that a freshly loaded replica must reproduce before it takes traffic. */
export const wireTensorSchema = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.number().int()),
  base64: z.string(),
})
export const referenceOutputsSchema = z.object({
  inputs: z.array(wireTensorSchema),
  outputs: z.array(wireTensorSchema),
  /** |a − b| <= atol + rtol·|b| */
  rtol: z.number(),
  atol: z.number(),
})
export type ReferenceOutputs = z.infer<typeof referenceOutputsSchema>

/** How a version is served here: not what it answers, and so no part of its digest. */
export const servingOptionsSchema = z.object({
  /** Answers to equal inputs that may be kept, in bytes; none by default. */
  cacheBytes: z.number().int().positive().optional(),
  /** Unloaded after so long without a request, until the next one; never by default. */
  idleMs: z.number().positive().optional(),
  /** Requests that may wait; 1,024 by default. */
  maxWaiting: z.number().int().positive().optional(),
  /** Rows that may run together at most; what was learnt decides below it. */
  maxBatchRows: z.number().int().positive().optional(),
  /** Threads within one run; what the host finds best by default. */
  threads: z.number().int().min(1).max(256).optional(),
})
export type ServingOptions = z.infer<typeof servingOptionsSchema>

/** An optimised form of a version that serves in its stead, and is dropped for it where it does not hold. */
export const wantedVariantSchema = z.object({
  name: z.string(),
  digest: digestSchema,
  files: z.array(blobRefSchema),
  reference: referenceOutputsSchema.optional(),
})
export type WantedVariant = z.infer<typeof wantedVariantSchema>

export const wantedReplicaSchema = z.object({
  replica: z.string(),
  version: z.string(),
  versionNumber: z.number().int(),
  model: z.string(),
  /** `ModelConfig`. */
  config: jsonSchema,
  files: z.array(blobRefSchema),
  reference: referenceOutputsSchema.optional(),
  /** Serves instead of `files`, which stay behind it. */
  variant: wantedVariantSchema.optional(),
  serving: servingOptionsSchema.optional(),
  /** A rollout watches it: it stays awake. */
  judged: z.boolean().optional(),
})
export type WantedReplica = z.infer<typeof wantedReplicaSchema>

/** GET /api/v1/agents/host/stream: text/event-stream of the whole wanted set on every change; `: ping` every 2 s. */
export const wantedSetSchema = z.object({
  revision: z.number().int(),
  replicas: z.array(wantedReplicaSchema),
})
export type WantedSet = z.infer<typeof wantedSetSchema>

/** POST /api/v1/agents/host/report: the whole truth of this host, on every change and every 5 s. */
export const hostReportSchema = z.object({
  host: z.string(),
  replicas: z.array(
    z.object({
      replica: z.string(),
      version: z.string(),
      /** `parked`: it was ready, and sleeps until the next request; its host answers at its address meanwhile. */
      phase: z.enum(['fetching', 'starting', 'ready', 'parked', 'failed', 'ended']),
      address: addressSchema.optional(),
      reason: z.string().optional(),
      pid: z.number().int().optional(),
      /** From start to ready. */
      warmMs: z.number().optional(),
      rssBytes: z.number().optional(),
      /** The variant that it serves; absent: the original. */
      variant: z.object({ name: z.string(), digest: digestSchema }).optional(),
      /** Why it serves the original although a variant is wanted. */
      fallback: z.object({ name: z.string(), digest: digestSchema, reason: z.string() }).optional(),
    }),
  ),
})
export type HostReport = z.infer<typeof hostReportSchema>

/**
 * GET /api/v1/blobs/:digest: a wanted version's file, with Range. GET /api/v1/blobs/:digest/place: where it lies whole,
 * for a host on the same machine (asked over the loopback; else 404).
 */
export const blobPlaceSchema = z.object({
  path: z.string().min(1).max(4096),
  size: z.number().int().min(0),
  /** Decimal: an inode may be larger than what JSON's numbers hold. */
  device: z.string().regex(/^\d{1,20}$/),
  inode: z.string().regex(/^\d{1,20}$/),
  /** False where it was asked for early, and its bytes have yet to be compared with its digest. */
  verified: z.boolean().optional(),
})
export type BlobPlace = z.infer<typeof blobPlaceSchema>
/** `early`: as soon as its bytes are written. Asked again without it, the answer comes when they were compared. */
export const blobPlaceQuerySchema = z.object({ early: z.literal('1').optional() })
