import { z } from 'zod'
import { rolloutPhaseSchema, verdictSchema } from './states.ts'

export const metricAnalysisSchema = z.object({
  metric: z.string(),
  verdict: verdictSchema,
  interval: z.tuple([z.number(), z.number()]),
  canary: z.number(),
  baseline: z.number(),
  margin: z.number(),
  summary: z.string(),
  /** In nats; see docs/rollouts.md. */
  evidence: z
    .object({ harm: z.number(), harmNeeded: z.number(), pass: z.number(), passNeeded: z.number() })
    .optional(),
})
export const analysisViewSchema = z.object({
  verdict: verdictSchema,
  metrics: z.array(metricAnalysisSchema),
  canaryRequests: z.number(),
  baselineRequests: z.number(),
  /** Part of the false-rollback budget that evidence of harm has used. */
  spent: z.number().optional(),
  requestsMissing: z.number().optional(),
  /** Requests a second that each arm gets now. */
  armPerSecond: z.number().optional(),
})
export type AnalysisView = z.infer<typeof analysisViewSchema>

/** What keeps a rollout: a window of its environment's policy or its file, until when. */
export const closureSchema = z.object({
  kind: z.enum(['frozen', 'out of schedule']),
  window: z.string(),
  /** null: no end is in sight. */
  until: z.string().nullable(),
})

export const rolloutViewSchema = z.object({
  id: z.string(),
  model: z.string(),
  environment: z.string(),
  candidate: z.object({ id: z.string(), number: z.number() }),
  stable: z.object({ id: z.string(), number: z.number() }).nullable(),
  strategy: z.enum(['canary', 'immediate', 'blue-green', 'recreate', 'ab', 'bandit']),
  steps: z.array(
    z.object({
      weight: z.number(),
      holdMs: z.number(),
      /** The candidate gets this part of the requests beside stable, and answers nobody. */
      shadow: z.number().optional(),
      /** Of gateways, which take this step while the others stay as they are; absent: all. */
      regions: z.array(z.string()).optional(),
    }),
  ),
  phase: rolloutPhaseSchema,
  step: z.number(),
  weight: z.number(),
  reason: z.string().nullable(),
  /** The calendar that keeps it now. */
  closure: closureSchema.nullable(),
  /** Whose word its deployment waited for. */
  approvedBy: z.string().nullable(),
  /** Who let it go on in spite of its calendars. */
  override: z.object({ by: z.string(), at: z.string(), reason: z.string().nullable() }).nullable(),
  /** By whose word it stays where it stands; it is judged on. `until` null: until it is resumed. */
  paused: z
    .object({
      by: z.string(),
      at: z.string(),
      reason: z.string().nullable(),
      until: z.string().nullable(),
    })
    .nullable(),
  /** Environments in which its candidate was promoted before, as its file and policy asked. */
  from: z.array(z.string()),
  by: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }).nullable(),
  analysis: analysisViewSchema.nullable(),
  /**
   * How the evidence went, oldest first, thinned to some hundred looks: each metric's parts of what would decide alone
   * (1: decided), and the budget that harm had used. Lists of rollouts and models leave it out.
   */
  curve: z.array(
    z.object({
      at: z.string(),
      step: z.number(),
      canaryRequests: z.number(),
      spent: z.number(),
      metrics: z.array(z.object({ metric: z.string(), harm: z.number(), pass: z.number() })),
    }),
  ),
  /** Requests a second that its environment has now. */
  trafficPerSecond: z.number(),
  history: z.array(
    z.object({
      at: z.string(),
      phase: rolloutPhaseSchema,
      step: z.number(),
      weight: z.number(),
      reason: z.string(),
    }),
  ),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
})
export type RolloutView = z.infer<typeof rolloutViewSchema>
