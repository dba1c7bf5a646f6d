/** What the control plane tells of deployments: what serves in each environment now, and all that ever did. */
import { z } from 'zod'
import { movedEntrySchema } from './versions.ts'

const ofModel = { project: z.string(), model: z.string() } as const

/** One line: a version that got traffic, all of it, or none of it any more. */
export const deploymentLineSchema = movedEntrySchema.omit({ kind: true, place: true }).extend({
  ...ofModel,
  environment: z.string(),
  /** Its bytes are there and can be served, and it does not serve there now. */
  returnable: z.boolean(),
})
export type DeploymentLine = z.infer<typeof deploymentLineSchema>

export const servingNowSchema = z.object({
  ...ofModel,
  environment: z.string(),
  version: z.object({ id: z.string(), number: z.number() }),
  since: z.string(),
  /** The version before, and until when it is kept loaded; null: always. */
  previous: z.object({ id: z.string(), number: z.number(), heldUntil: z.string().nullable() }).nullable(),
  /** How it came to serve; null where nobody wrote it down. */
  served: deploymentLineSchema.nullable(),
})
export type ServingNow = z.infer<typeof servingNowSchema>

/** GET /api/v1/deployments, newest first. `next`: the `before` of the page after this; null: it was the last. */
export const deploymentsSchema = z.object({
  now: z.array(servingNowSchema),
  entries: z.array(deploymentLineSchema),
  next: z.string().nullable(),
})
export type DeploymentsView = z.infer<typeof deploymentsSchema>
