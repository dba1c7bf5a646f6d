import { z } from 'zod'
import { blobRefSchema, jsonSchema, keptFileSchema } from './shared.ts'

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
  stage: z.enum(['scan', 'inspect', 'convert', 'evaluate', 'gate', 'optimize', 'register']),
  project: z.string(),
  commit: z.string(),
  /** `config/`'s ModelRepository. */
  config: jsonSchema,
  /** The environment's own gates, as text of the gate language. */
  policyGates: z.array(z.string()),
  /** The version that production serves, with its files to fetch; absent when there is none. */
  production: z
    .object({ versionId: z.string(), number: z.number(), config: jsonSchema, files: z.array(blobRefSchema) })
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
  /** The commit holds pointers of Git LFS, and the job wants the files: `lfsFilesSchema` tells which. */
  lfs: z.literal(true).optional(),
  /** Commits of other projects, to lay below the commit's files; their sources are asked for by their paths. */
  submodules: z
    .object({
      given: z.array(z.object({ path: z.string(), project: z.string(), commit: z.string() })),
      /** Paths of those that are of another server. */
      elsewhere: z.array(z.string()),
    })
    .optional(),
  /** Kept files of the needed jobs, to lay into the workspace. */
  inputs: z.array(keptFileSchema),
})
export type Offer = z.infer<typeof offerSchema>

export const leaseResponseSchema = z.object({ offers: z.array(offerSchema) })
