import { z } from 'zod'

/** Which requests are asked for. Times are epoch milliseconds. */
export const requestsQuerySchema = z.object({
  model: z.string(),
  environment: z.string().optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  /** By number. */
  version: z.number().int().optional(),
  /** Those with feedback only. */
  labelled: z.boolean().optional(),
  /** Those that come from now on, until the other side goes away. */
  follow: z.boolean().optional(),
})
export type RequestsQuery = z.infer<typeof requestsQuerySchema>

/**
 * Data of the event `ask` on a gateway's stream: requests, or what a rollout's shadow answered otherwise. It answers with POST /api/v1/agents/gateway/answers/:call: lines of JSON
 * as they are found, and at the end `{"end":…}` with how many; what ends without it is not whole.
 */
export const askSchema = z.object({
  call: z.string(),
  requests: requestsQuerySchema.optional(),
  disagreements: z.object({ rollout: z.string() }).optional(),
})
export type Ask = z.infer<typeof askSchema>

export const answerEndSchema = z.object({ end: z.object({ records: z.number().int() }) })

const wordSchema = z.union([z.string(), z.number()])

/**
 * POST /api/v1/agents/gateway/feedback: what was told of requests that this gateway does not know. The others get it as the
 * event `feedback`, and join what they know.
 */
export const foreignFeedbackSchema = z.object({
  items: z
    .array(
      z.object({
        id: z.string().max(128),
        environment: z.string().optional(),
        model: z.string().optional(),
        label: z.union([wordSchema, z.array(wordSchema).max(1024)]).optional(),
        score: z.number().optional(),
        reward: z.number().optional(),
      }),
    )
    .max(1000),
  /** The token that told it, and whose requests that may label; no projects: all. */
  by: z.string().optional(),
  projects: z.array(z.string()).optional(),
})
export type ForeignFeedback = z.infer<typeof foreignFeedbackSchema>
