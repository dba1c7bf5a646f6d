/**
 * What the control plane tells people and scripts: the JSON of `/api/v1`, read by the web UI and the command.
 * Times are ISO 8601 in UTC; durations are milliseconds; parts are fractions of one.
 */
import { z } from 'zod'
import { predictionLimitsSchema } from './agents/gateway.ts'
import { reportSummariesSchema } from './reports.ts'
import { optimizationViewSchema, variantViewSchema } from './variants.ts'

export const jobStateSchema = z.enum([
  'blocked',
  'ready',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'skipped',
])
export const pipelineStateSchema = z.enum(['running', 'succeeded', 'failed', 'canceled'])
export const verdictSchema = z.enum(['passed', 'failed', 'inconclusive', 'not applicable'])
export const rolloutPhaseSchema = z.enum(['queued', 'preparing', 'progressing', 'promoted', 'aborted'])

export const meSchema = z.object({
  name: z.string(),
  admin: z.boolean(),
  scopes: z.array(z.string()),
  server: z.object({ version: z.string(), publicUrl: z.string(), gatewayUrl: z.string() }),
})
export type Me = z.infer<typeof meSchema>

export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  defaultBranch: z.string(),
  createdAt: z.string(),
  /** Remote for `git clone`, without credentials. */
  remote: z.string(),
  role: z.string().nullable(),
})
export type ProjectView = z.infer<typeof projectSchema>

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

export const versionViewSchema = z.object({
  id: z.string(),
  number: z.number(),
  model: z.string(),
  digest: z.string(),
  commit: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }).nullable(),
  size: z.number(),
  /** From its latest evaluation. */
  metrics: z.record(z.string(), z.number()),
  createdAt: z.string(),
  /** Where it is in production now. */
  serving: z.enum(['stable', 'canary', 'previous', 'none']),
  /** Of its files: `onnx`, `keras-h5`, `pytorch` …; null where nothing was inspected. */
  format: z.string().nullable(),
  /** What the scan of its files concluded, and on whose word a version that is not safe beyond doubt went on. */
  scan: z
    .object({ verdict: z.enum(['safe', 'unsafe', 'unknown']), acceptance: z.string().nullable() })
    .nullable(),
  /** Why no replica can load it; null where one can. */
  notServed: z.string().nullable(),
  /** Optimised forms whose bytes are kept. */
  variants: z.array(variantViewSchema),
  /** Names that point at it: own aliases, environments, `latest`. */
  names: z.array(z.string()),
  /** Why retention gave up its bytes, and when; null while they are there. */
  expired: z.object({ at: z.string(), reason: z.string() }).nullable(),
  /** The server it was imported from. */
  imported: z.string().nullable(),
})
export type VersionView = z.infer<typeof versionViewSchema>

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
  strategy: z.enum(['canary', 'immediate', 'blue-green', 'recreate']),
  steps: z.array(z.object({ weight: z.number(), holdMs: z.number() })),
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
  by: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }).nullable(),
  analysis: analysisViewSchema.nullable(),
  /**
   * How the evidence went, oldest first, thinned to some hundred looks: each metric's parts of what would decide alone
   * (1: decided), and the budget that harm had used.
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

export const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  principal: z.string(),
  scopes: z.array(z.string()),
  project: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  limits: predictionLimitsSchema.optional(),
})
export type TokenView = z.infer<typeof tokenViewSchema>

/** Each is looked at whenever a rollout might move on. */
const windowsSchema = z.array(z.string().max(160)).max(10)

export const policySchema = z.object({
  environment: z.string(),
  branches: z.array(z.string()),
  approvers: z.enum(['maintainer', 'admin']).optional(),
  gates: z.array(z.string()),
  maxFirstStep: z.number().min(0).max(1),
  predictions: z.enum(['token', 'public']),
  /** Of each model there, all callers together. */
  limits: predictionLimitsSchema.optional(),
  approval: z
    .object({
      expiresMs: z
        .number()
        .min(1000)
        .max(400 * 86_400_000)
        .optional(),
      byOthers: z.boolean(),
    })
    .optional(),
  /** When rollouts may move on: not within a window of `freeze`, only within those of `schedule`. */
  calendar: z.object({ freeze: windowsSchema, schedule: windowsSchema }).optional(),
})

export type PolicyView = z.infer<typeof policySchema>

/** A secret or plain variable of a project or group: its value is never told. */
export const secretSchema = z.object({
  name: z.string(),
  environment: z.string(),
  kind: z.enum(['variable', 'file']),
  protected: z.boolean(),
  masked: z.boolean(),
  literal: z.boolean(),
  createdAt: z.string(),
})
export type SecretView = z.infer<typeof secretSchema>

/** What its setting answers: the projects whose jobs have it from now on. */
export const secretSetSchema = z.object({ projects: z.array(z.string()) })

export const protectedRefsSchema = z.object({
  branches: z.array(z.string()),
  tags: z.array(z.string()),
})

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

/** Body of every answer that is not 2xx. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
})
export type ErrorBody = z.infer<typeof errorBodySchema>

/**
 * GET /api/v1/events (text/event-stream): what changed, for whoever shows it. A client reads the thing again;
 * `id:` lets it resume with Last-Event-ID. Event `change` with this as data; `reset` when too much was missed.
 */
export const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('project'), project: z.string() }),
  z.object({ kind: z.literal('pipeline'), project: z.string(), pipeline: z.string() }),
  z.object({ kind: z.literal('rollout'), project: z.string(), model: z.string(), rollout: z.string() }),
  z.object({ kind: z.literal('model'), project: z.string(), model: z.string() }),
  /** Figures of traffic moved; at most one a second for a model. */
  z.object({ kind: z.literal('traffic'), project: z.string(), model: z.string() }),
])
export type Change = z.infer<typeof changeSchema>
