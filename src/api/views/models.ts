import { z } from 'zod'
import { pipelineSummarySchema } from './pipelines.ts'
import { rolloutViewSchema } from './rollouts.ts'

/** Part of the traffic by version, for the bar. */
export const trafficSchema = z.object({
  version: z.string(),
  number: z.number(),
  arm: z.enum(['stable', 'baseline', 'canary']),
  weight: z.number(),
})

export const modelViewSchema = z.object({
  name: z.string(),
  project: z.string(),
  task: z.string(),
  environment: z.string(),
  /** `POST …` to this with an image or OIP JSON. */
  endpoint: z.string(),
  /** serving: replicas ready. degraded: fewer than wanted. down: none. none: nothing deployed. */
  health: z.enum(['serving', 'degraded', 'down', 'none']),
  stable: z.object({ id: z.string(), number: z.number() }).nullable(),
  /** The form in which it serves; null: as it was registered. `fallback`: why that is, where a variant was wanted. */
  form: z.object({
    variant: z.object({ name: z.string(), digest: z.string() }).nullable(),
    fallback: z.object({ name: z.string(), reason: z.string() }).nullable(),
  }),
  /** `heldUntil`: it is kept loaded until then, and was let go after it; null: always. */
  previous: z.object({ id: z.string(), number: z.number(), heldUntil: z.string().nullable() }).nullable(),
  traffic: z.array(trafficSchema),
  requestsPerSecond: z.number(),
  errorRate: z.number().nullable(),
  latencyP50: z.number().nullable(),
  latencyP99: z.number().nullable(),
  rollout: rolloutViewSchema.nullable(),
  latestPipeline: pipelineSummarySchema.nullable(),
  /** What the model takes and gives. */
  inputs: z.array(
    z.object({
      name: z.string(),
      dtype: z.string(),
      shape: z.array(z.union([z.number(), z.string(), z.null()])),
    }),
  ),
  outputs: z.array(
    z.object({
      name: z.string(),
      dtype: z.string(),
      shape: z.array(z.union([z.number(), z.string(), z.null()])),
    }),
  ),
  acceptsImages: z.boolean(),
})
export type ModelView = z.infer<typeof modelViewSchema>
