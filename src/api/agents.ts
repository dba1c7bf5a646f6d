/**
 * Wire schemas between the control plane and its agents: runner, host, gateway. JSON over HTTP; an agent's
 * token is of scope `admin` no more than its kind allows (`agent:runner`, `agent:host`, `agent:gateway`).
 * Times are milliseconds; durations, not instants, cross machines.
 */
import { z } from 'zod'
import { reportSummariesSchema } from './reports.ts'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const json: z.ZodType<unknown> = z.unknown()

export const blobRefSchema = z.object({ name: z.string(), digest, size: z.number().int().nonnegative() })
export type BlobRefWire = z.infer<typeof blobRefSchema>

export const keptFileSchema = z.object({
  path: z.string(),
  digest,
  size: z.number().int().nonnegative(),
  executable: z.boolean(),
  /** Kept because a report is in it: later jobs don't find it in their workspace. */
  reportOnly: z.boolean().optional(),
  /** An empty folder, and no file. */
  folder: z.boolean().optional(),
})

// ---- runner ---------------------------------------------------------------------------------------------

/** POST /api/v1/agents/runner/lease: waits up to 25 s for work; 200 with offers (possibly none). */
export const leaseRequestSchema = z.object({
  runner: z.string().min(1).max(100),
  /** How many attempts it can start now. */
  capacity: z.number().int().min(1).max(64),
  sandbox: z.enum(['bubblewrap', 'uid', 'none', 'container']),
  /** What it has besides: jobs that ask for more are for others. */
  labels: z.array(z.string().max(100)).max(100).optional(),
  /** Whether jobs without labels are for it too; absent: yes. */
  untagged: z.boolean().optional(),
  /** Whether it runs jobs in images. */
  images: z.boolean().optional(),
  /** `linux-x64`: results of one kind of machine are not taken for another. */
  platform: z.string().max(100).optional(),
  free: z.object({ cpu: z.number(), memoryBytes: z.number() }).optional(),
})
export type LeaseRequest = z.infer<typeof leaseRequestSchema>

export const stageInputSchema = z.object({
  stage: z.enum(['scan', 'inspect', 'evaluate', 'gate', 'register']),
  project: z.string(),
  commit: z.string(),
  /** `config/`'s ModelRepository. */
  config: json,
  /** The environment's own gates, as text of the gate language. */
  policyGates: z.array(z.string()),
  /** The version that production serves, with its files to fetch; absent when there is none. */
  production: z
    .object({ versionId: z.string(), number: z.number(), config: json, files: z.array(blobRefSchema) })
    .optional(),
})
export type StageInput = z.infer<typeof stageInputSchema>

export const phaseSchema = z.object({
  name: z.string(),
  steps: z.array(z.string()),
  onFailure: z.enum(['stop', 'continue']),
  result: z.enum(['failed', 'errored', 'ignored']),
  when: z.enum(['success', 'failure', 'always']),
  freshShell: z.boolean(),
  timeout: z.number().optional(),
})

const pullPolicySchema = z.array(z.enum(['always', 'if-not-present', 'never']))
const imageFields = {
  name: z.string(),
  entrypoint: z.array(z.string()).optional(),
  pullPolicy: pullPolicySchema,
  user: z.string().optional(),
  platform: z.string().optional(),
}
export const imageSchema = z.object(imageFields)
export const serviceSchema = z.object({
  ...imageFields,
  aliases: z.array(z.string()),
  command: z.array(z.string()).optional(),
  variables: z.record(z.string(), z.string()),
})

/** A cache with its keys made: whatever depends on the commit or on variables is done. */
export const offeredCacheSchema = z.object({
  key: z.string(),
  fallbackKeys: z.array(z.string()),
  paths: z.array(z.string()),
  untracked: z.boolean(),
  policy: z.enum(['pull-push', 'pull', 'push']),
  when: z.enum(['on_success', 'on_failure', 'always']),
})
export type OfferedCache = z.infer<typeof offeredCacheSchema>

export const reportKindSchema = z.enum(['junit', 'dotenv', 'coverage', 'metrics'])
export const artifactRulesSchema = z.object({
  exclude: z.array(z.string()),
  untracked: z.boolean(),
  when: z.enum(['on_success', 'on_failure', 'always']),
  reports: z.array(z.object({ kind: reportKindSchema, paths: z.array(z.string()) })),
  /** Paths that match nothing are told, and are no failure. */
  mayMiss: z.boolean(),
})
export type ArtifactRulesWire = z.infer<typeof artifactRulesSchema>

export const offerSchema = z.object({
  attempt: z.string(),
  job: z.string(),
  jobName: z.string(),
  pipeline: z.string(),
  project: z.string(),
  number: z.number().int(),
  fence: z.number().int(),
  leaseMs: z.number(),
  /** Reaches only this attempt; never given to user code. */
  token: z.string(),
  commit: z.string(),
  work: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('script'),
      shell: z.enum(['sh', 'bash']),
      phases: z.array(phaseSchema),
    }),
    z.object({ kind: z.literal('stage'), input: stageInputSchema }),
  ]),
  env: z.record(z.string(), z.string()),
  /** Values to redact from the log. */
  secrets: z.array(z.string()),
  timeoutMs: z.number(),
  artifacts: z.array(z.string()),
  artifactRules: artifactRulesSchema.optional(),
  caches: z.array(offeredCacheSchema).optional(),
  /** Variables that are given as the path of a file with this content. */
  files: z.record(z.string(), z.string()).optional(),
  image: imageSchema.optional(),
  services: z.array(serviceSchema).optional(),
  /** false: none. Absent: as the runner has it. */
  network: z.boolean().optional(),
  readOnlyRoot: z.boolean().optional(),
  resources: z.object({ cpu: z.number().optional(), memoryBytes: z.number().optional() }).optional(),
  /** With the commit's history to this depth in `.git`; absent: the tree alone. 0: all of it. */
  gitDepth: z.number().int().optional(),
  /** none: its workspace begins empty, but for the inputs. Absent: with the commit's files. */
  source: z.enum(['commit', 'none']).optional(),
  /** Kept files of the needed jobs, to lay into the workspace. */
  inputs: z.array(keptFileSchema),
})
export type Offer = z.infer<typeof offerSchema>

export const leaseResponseSchema = z.object({ offers: z.array(offerSchema) })

/**
 * GET /api/v1/attempts/:id/source: tar of the commit's tree; ?git=<depth>: with a repository of its history in
 * `.git`, so many commits deep (0: all). GET/PUT /api/v1/attempts/:id/blobs/:digest.
 */

/** POST /api/v1/attempts/:id/heartbeat, and its answer. Sent every leaseMs / 3, and at once on a start. */
export const heartbeatSchema = z.object({
  fence: z.number().int(),
  started: z.boolean(),
  sandboxed: z.boolean(),
})
export const heartbeatResponseSchema = z.object({ cancel: z.boolean() })

/** POST /api/v1/attempts/:id/log?fence=&offset=: raw bytes from that offset; answers the length it has now. */
export const logAppendResponseSchema = z.object({ length: z.number().int() })

/** POST /api/v1/attempts/:id/finish. Repeating it is harmless. */
export const finishSchema = z.object({
  fence: z.number().int(),
  outcome: z.enum(['succeeded', 'failed', 'errored', 'canceled']),
  exitCode: z.number().int().optional(),
  reason: z.string().max(2000).optional(),
  /** Why it did not succeed, as far as trying again depends on it. */
  cause: z.enum(['script', 'timeout', 'runner', 'setup', 'unmatched', 'other']).optional(),
  artifacts: z.array(keptFileSchema),
  /** Kept files that are reports. */
  reports: z.array(z.object({ kind: reportKindSchema, path: z.string() })).optional(),
  /** What was read of them. */
  reportSummaries: reportSummariesSchema.optional(),
  /** What a stage found: its result.json. */
  result: json.optional(),
})
export type Finish = z.infer<typeof finishSchema>

/** What a stage writes: one shape for all. */
export const stageResultSchema = z.object({
  stage: z.enum(['scan', 'inspect', 'evaluate', 'gate', 'register']),
  verdict: z.enum(['passed', 'failed', 'inconclusive', 'not applicable']),
  /** Lines for `git push` and the run's page. */
  summary: z.array(z.string()),
  /** By record kind: `scan`, `inspection`, `evaluation`, `gates`, `reference-outputs`. */
  records: z.record(z.string(), json),
  /** register only: what to register. Its files were put as blobs of the attempt. */
  manifest: z
    .object({ model: z.string(), commit: z.string(), files: z.array(blobRefSchema), config: json })
    .optional(),
})
export type StageResult = z.infer<typeof stageResultSchema>

// ---- host -----------------------------------------------------------------------------------------------

/** Inputs and outputs that a freshly loaded replica must reproduce before it takes traffic. */
export const wireTensorSchema = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.number().int()),
  base64: z.string(),
})
export const referenceOutputsSchema = z.object({
  inputs: z.array(wireTensorSchema),
  outputs: z.array(wireTensorSchema),
  /** |a − b| <= atol + rtol·|b| */
  rtol: z.number(),
  atol: z.number(),
})
export type ReferenceOutputs = z.infer<typeof referenceOutputsSchema>

export const wantedReplicaSchema = z.object({
  replica: z.string(),
  version: z.string(),
  versionNumber: z.number().int(),
  model: z.string(),
  /** `ModelConfig`. */
  config: json,
  files: z.array(blobRefSchema),
  reference: referenceOutputsSchema.optional(),
})
export type WantedReplica = z.infer<typeof wantedReplicaSchema>

/** GET /api/v1/agents/host/stream: text/event-stream of the whole wanted set on every change; `: ping` every 2 s. */
export const wantedSetSchema = z.object({
  revision: z.number().int(),
  replicas: z.array(wantedReplicaSchema),
})
export type WantedSet = z.infer<typeof wantedSetSchema>

export const addressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number().int() }),
])
export type Address = z.infer<typeof addressSchema>

/** POST /api/v1/agents/host/report: the whole truth of this host, on every change and every 5 s. */
export const hostReportSchema = z.object({
  host: z.string(),
  replicas: z.array(
    z.object({
      replica: z.string(),
      version: z.string(),
      phase: z.enum(['fetching', 'starting', 'ready', 'failed', 'ended']),
      address: addressSchema.optional(),
      reason: z.string().optional(),
      pid: z.number().int().optional(),
      /** From start to ready. */
      warmMs: z.number().optional(),
      rssBytes: z.number().optional(),
    }),
  ),
})
export type HostReport = z.infer<typeof hostReportSchema>

// ---- gateway --------------------------------------------------------------------------------------------

export const armSchema = z.enum(['stable', 'baseline', 'canary'])
export const routeSchema = z.object({
  model: z.string(),
  environment: z.string(),
  project: z.string(),
  predictions: z.enum(['token', 'public']),
  arms: z.array(
    z.object({
      arm: armSchema,
      version: z.string(),
      versionNumber: z.number().int(),
      /** Part of the traffic; the arms' weights sum to 1. */
      weight: z.number().min(0).max(1),
      replicas: z.array(z.object({ replica: z.string(), address: addressSchema })),
    }),
  ),
  /** Versions that are warm but take no share: the previous stable. */
  standby: z.array(
    z.object({
      version: z.string(),
      versionNumber: z.number().int(),
      replicas: z.array(z.object({ replica: z.string(), address: addressSchema })),
    }),
  ),
  /** While a rollout is progressing: counts are kept under these names. */
  rollout: z.object({ id: z.string(), step: z.number().int() }).optional(),
})
export type Route = z.infer<typeof routeSchema>

/**
 * GET /api/v1/agents/gateway/stream: text/event-stream; event `table` with this on every change, event `lease`
 * ({}) every 2 s. A gateway keeps the last table on disk. Where `leaseMs` passes without a word, it gives the
 * traffic of baseline and canary to stable until the control plane is back.
 */
export const routingTableSchema = z.object({
  revision: z.number().int(),
  leaseMs: z.number(),
  routes: z.array(routeSchema),
  /** SHA-256 (hex) of the secrets that may predict, and where: no project means everywhere. */
  tokens: z.array(
    z.object({ hash: z.string(), project: z.string().optional(), expiresAt: z.number().optional() }),
  ),
})
export type RoutingTable = z.infer<typeof routingTableSchema>

export const armCountsSchema = z.object({
  requests: z.number().int(),
  errors: z.number().int(),
  latency: z.record(z.string(), z.number().int()),
})

/** POST /api/v1/agents/gateway/report: cumulative since this gateway process (`epoch`) started; every 250 ms while counts change. */
export const gatewayReportSchema = z.object({
  gateway: z.string(),
  epoch: z.string(),
  /** Table revision that this gateway routes by now. */
  revision: z.number().int(),
  rollouts: z.array(
    z.object({
      rollout: z.string(),
      step: z.number().int(),
      arms: z.partialRecord(armSchema, armCountsSchema),
    }),
  ),
  models: z.array(
    z.object({
      model: z.string(),
      environment: z.string(),
      version: z.string(),
      requests: z.number().int(),
      errors: z.number().int(),
      latency: z.record(z.string(), z.number().int()),
    }),
  ),
})
export type GatewayReport = z.infer<typeof gatewayReportSchema>
