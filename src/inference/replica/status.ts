import { z } from 'zod'

/** What a replica says of itself: the handshake by which a host recognises one that it did not start. */
export const replicaStatusSchema = z.object({
  replica: z.string(),
  version: z.string(),
  /** The variant of it that answers; absent: the original. */
  variant: z.object({ name: z.string(), digest: z.string() }).optional(),
  pid: z.number().int(),
  /** From start to ready. */
  warmMs: z.number(),
  waiting: z.number().int(),
  /** Rows that run together at most; 1 where requests are not joined. */
  batchRows: z.number().int(),
  draining: z.boolean(),
  /** Predictions under way. */
  inFlight: z.number().int(),
  /** Since the last prediction; 0 while one is under way. */
  idleMs: z.number(),
})
export type ReplicaStatus = z.infer<typeof replicaStatusSchema>
