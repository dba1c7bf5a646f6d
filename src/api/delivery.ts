/** Wire schemas of what jobs' scripts deliver. Times are ISO 8601 in UTC. */
import { z } from 'zod'

const jobRefSchema = z.object({ id: z.string(), name: z.string() })

export const environmentDeploymentSchema = z.object({
  state: z.enum(['succeeded', 'failed']),
  commit: z.string(),
  ref: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }),
  job: jobRefSchema,
  by: z.string(),
  at: z.string(),
})

/** Where jobs' own scripts deploy to, and previews of models. What else serves models is in rollouts. */
export const environmentViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  tier: z.string(),
  url: z.string().nullable(),
  state: z.enum(['available', 'stopping', 'stopped']),
  /** Its policy lets not every ref there, or not without an approval. */
  protected: z.boolean(),
  ref: z.string(),
  /** Of a preview: the model, and its version that serves. */
  model: z.object({ name: z.string(), version: z.number().nullable() }).nullable(),
  /** The job that takes it down. */
  stopJob: jobRefSchema.nullable(),
  autoStopAt: z.string().nullable(),
  /** Why it stops, has stopped, or could not be: one line. */
  reason: z.string().nullable(),
  /** The last one that succeeded. */
  lastDeployment: environmentDeploymentSchema.nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type EnvironmentView = z.infer<typeof environmentViewSchema>

/** With its deployments, the latest first. */
export const environmentDetailSchema = environmentViewSchema.extend({
  deployments: z.array(environmentDeploymentSchema),
})

export const releaseViewSchema = z.object({
  id: z.string(),
  tag: z.string(),
  name: z.string(),
  description: z.string(),
  commit: z.string(),
  milestones: z.array(z.string()),
  links: z.array(z.object({ name: z.string(), url: z.string(), type: z.string() })),
  by: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }),
  job: jobRefSchema,
  releasedAt: z.string(),
  createdAt: z.string(),
})
export type ReleaseView = z.infer<typeof releaseViewSchema>

/** A key by which identity tokens of jobs are signed: in use, or retired and published for what it has signed. */
export const signingKeySchema = z.object({
  id: z.string(),
  createdAt: z.string(),
  retiredAt: z.string().nullable(),
})
