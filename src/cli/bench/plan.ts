import { z } from 'zod'

/** One request, ready to be written again and again. */
const requestSchema = z.object({
  /** Of a header block and body; base64. For gRPC the message alone. */
  body: z.string(),
  headers: z.record(z.string(), z.string()),
})

/** What one generator process is told. */
export const planSchema = z.object({
  url: z.string(),
  method: z.enum(['GET', 'POST']),
  transport: z.enum(['http1', 'grpc']),
  requests: z.array(requestSchema).min(1),
  headers: z.record(z.string(), z.string()),
  load: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('open'),
      /** A second, of this process. */
      rate: z.number().positive(),
      arrivals: z.enum(['poisson', 'constant']),
      /** In which the rate grows from nothing. */
      rampMs: z.number().min(0),
      /** Of the first constant arrival, so that several processes take turns. */
      offsetMs: z.number().min(0),
      seed: z.number().int(),
    }),
    /** So many requests under way at all times, of this process. */
    z.object({ kind: z.literal('closed'), concurrency: z.number().int().min(1) }),
  ]),
  connections: z.number().int().min(1),
  durationMs: z.number().positive(),
  /** Before; not counted. */
  warmUpMs: z.number().min(0),
  timeoutMs: z.number().positive(),
  insecure: z.boolean(),
})
export type Plan = z.infer<typeof planSchema>
export type Load = Plan['load']

/** Counts of a histogram: bucket and count, after each other. */
const bucketsSchema = z.array(z.number().int())

export const resultSchema = z.object({
  /** Measured: from the first intended sending to the end of the load. */
  seconds: z.number(),
  /** Intended, also those that were never sent. */
  intended: z.number().int(),
  answered: z.number().int(),
  errors: z.record(z.string(), z.number().int()),
  latency: bucketsSchema,
  /** From the actual sending: what a client that waits its turn would see. */
  service: bucketsSchema,
  maxMs: z.number(),
  sumMs: z.number(),
  timeline: z.array(
    z.object({ answered: z.number().int(), failed: z.number().int(), latency: bucketsSchema }),
  ),
  bytesOut: z.number(),
  bytesIn: z.number(),
  client: z.object({
    /** Part of one processor that the generator took. */
    cpu: z.number(),
    /** How late the generator itself was; 99th percentile. */
    lagP99Ms: z.number(),
    connections: z.number().int(),
  }),
})
export type Result = z.infer<typeof resultSchema>
