import { z } from 'zod'
import { reportSummariesSchema } from '../reports.ts'
import { optimizationViewSchema } from '../variants.ts'
import { jobStateSchema, pipelineStateSchema, verdictSchema } from './states.ts'

export const gateViewSchema = z.object({
  text: z.string(),
  metric: z.string(),
  verdict: verdictSchema,
  summary: z.string(),
  value: z.number().optional(),
  production: z.number().optional(),
  interval: z.tuple([z.number(), z.number()]).optional(),
  /** What decides: a bound of the value, or of value − production where it is compared with production. */
  limit: z.number().optional(),
  n: z.number().optional(),
  method: z.string().optional(),
  missing: z.string().optional(),
})
export type GateView = z.infer<typeof gateViewSchema>

export const attemptViewSchema = z.object({
  id: z.string(),
  number: z.number(),
  state: z.enum(['leased', 'running', 'succeeded', 'failed', 'errored', 'canceled', 'lost']),
  runner: z.string(),
  sandboxed: z.boolean(),
  exitCode: z.number().nullable(),
  reason: z.string().nullable(),
  logBytes: z.number(),
  artifacts: z.array(z.object({ path: z.string(), digest: z.string(), size: z.number() })),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})
export type AttemptView = z.infer<typeof attemptViewSchema>

export const pipelineRefSchema = z.object({
  id: z.string(),
  number: z.number(),
  project: z.string(),
  state: pipelineStateSchema,
})
export type PipelineRef = z.infer<typeof pipelineRefSchema>

const jobInputValueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

/** An input of a job, and the value that it takes where nobody gives another. */
export const jobInputViewSchema = z.object({
  name: z.string(),
  type: z.enum(['string', 'number', 'boolean', 'array']),
  value: jobInputValueSchema,
  /** Only these; of an array each of its values. */
  options: z.array(z.union([z.string(), z.number(), z.boolean()])).nullable(),
})
export type JobInputView = z.infer<typeof jobInputViewSchema>

export const jobViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['script', 'stage', 'deploy', 'trigger']),
  /** For a stage its kind, for a deploy its environment. */
  detail: z.string().nullable(),
  needs: z.array(z.string()),
  /** One of the pipeline's stages, where jobs have stages. */
  stage: z.string().nullable(),
  /** What starts it once what it waits for has ended. */
  start: z.enum(['on_success', 'on_failure', 'always', 'manual', 'delayed']),
  /** What to ask whoever starts it. */
  confirmation: z.string().nullable(),
  /** What somebody may give it who starts it, or tries it again. */
  inputs: z.array(jobInputViewSchema),
  /** Why it is in the pipeline, where a rule decided so; and where it is written: `.gitlab-ci.yml:12:1`. */
  why: z.string().nullable(),
  at: z.string().nullable(),
  state: jobStateSchema,
  /** A failure of it fails no pipeline; of some jobs only its exit code tells. */
  allowFailure: z.boolean(),
  reason: z.string().nullable(),
  verdict: verdictSchema.nullable(),
  /** Lines of what it found. */
  summary: z.array(z.string()),
  gates: z.array(gateViewSchema),
  /** What the optimize stage tried; null for other jobs. */
  optimization: optimizationViewSchema.nullable(),
  /** Id of the version it registered, or of the rollout it made. */
  version: z.string().nullable(),
  rollout: z.string().nullable(),
  /** It waits for a person's approval. */
  awaitsApproval: z.boolean(),
  /** It waits for somebody to start it, or for its time. */
  playable: z.boolean(),
  /** When it starts by itself. */
  due: z.string().nullable(),
  /** In percent, as its log tells it. */
  coverage: z.number().nullable(),
  /** What its reports say. */
  reports: reportSummariesSchema.omit({ variables: true }).nullable(),
  /** Pipelines that it has made, oldest first. */
  children: z.array(pipelineRefSchema),
  attempts: z.array(attemptViewSchema),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})
export type JobView = z.infer<typeof jobViewSchema>

export const pipelineSummarySchema = z.object({
  id: z.string(),
  number: z.number(),
  project: z.string(),
  commit: z.string(),
  ref: z.string(),
  title: z.string(),
  by: z.string(),
  /** What set it going: `push`, `merge_request`, `schedule` … */
  event: z.string(),
  state: pipelineStateSchema,
  /** True while a job waits for approval or evidence. */
  waiting: z.boolean(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
})
export type PipelineSummary = z.infer<typeof pipelineSummarySchema>

export const pipelineViewSchema = pipelineSummarySchema.extend({
  problems: z.array(z.string()),
  /** Names in order, where jobs have stages. */
  stages: z.array(z.string()),
  jobs: z.array(jobViewSchema),
  /** Jobs that are written and not in it, with the reason. */
  excluded: z.array(z.object({ name: z.string(), at: z.string(), reason: z.string() })),
  /** The pipeline and the job that made it. */
  parent: pipelineRefSchema.extend({ job: z.string() }).nullable(),
})
export type PipelineView = z.infer<typeof pipelineViewSchema>

const jobInputsSchema = z
  .record(
    z.string().max(100),
    z.union([z.string().max(10_000), z.number(), z.boolean(), z.array(z.string().max(10_000)).max(100)]),
  )
  .optional()

/** POST /api/v1/jobs/:id/retry: with other values of its inputs. */
export const retryJobSchema = z.object({ inputs: jobInputsSchema })

/** POST /api/v1/jobs/:id/play: starts a manual or delayed job, with variables and inputs for it alone. */
export const playJobSchema = z.object({
  variables: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/), z.string().max(10_000)).optional(),
  inputs: jobInputsSchema,
})
