import { z } from 'zod'
import { disagreementSchema } from './agents/disagreements.ts'

/** What came of one gateway's part of an export. `whole`: it told its end. */
const exportedPartSchema = z.object({
  gateway: z.string(),
  records: z.number().int(),
  whole: z.boolean(),
})
export type ExportedPart = z.infer<typeof exportedPartSchema>

/** The last line of GET /api/v1/models/:model/requests; those before it are requests, or empty. */
export const exportEndSchema = z.object({ end: z.object({ gateways: z.array(exportedPartSchema) }) })

/** GET /api/v1/rollouts/:id/disagreements: the latest of each gateway, newest first. */
export const disagreementsSchema = z.object({
  disagreements: z.array(disagreementSchema),
  gateways: z.array(exportedPartSchema),
})
export type Disagreements = z.infer<typeof disagreementsSchema>

/** What a gateway answers to POST /v1/feedback: how many items came to what, and each item's outcome. */
export const feedbackAnswerSchema = z.object({
  counts: z.record(z.string(), z.number().int()),
  items: z.array(z.object({ id: z.string(), outcome: z.string() })),
})
