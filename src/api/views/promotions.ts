import { z } from 'zod'
import { rolloutViewSchema } from './rollouts.ts'

/** What came of a word that a version goes from one environment to another: the job that takes it there. */
export const promotedSchema = z.object({
  version: z.object({ id: z.string(), number: z.number() }),
  job: z.object({
    id: z.string(),
    name: z.string(),
    /** Number of its pipeline. */
    pipeline: z.number(),
    state: z.string(),
    reason: z.string().nullable(),
  }),
  /** null: it has not begun. */
  rollout: rolloutViewSchema.nullable(),
})
