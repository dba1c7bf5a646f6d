import { canonicalJson } from '../../core/index.ts'
import type { PlannedJob } from '../types.ts'

/** What a job would be run on, beside its plan. */
export interface ReuseFacts {
  readonly project: string
  /** Of the ref: what an unprotected branch made is never taken for a protected one. */
  readonly trust: 'protected' | 'unprotected'
  /** Git's id of the commit's files. */
  readonly tree: string
  /** Kept files of earlier jobs that it would find. */
  readonly inputs: readonly { readonly path: string; readonly digest: string; readonly executable: boolean }[]
  /** As it would find them. */
  readonly env: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  /** What somebody gave the pipeline or the job: it counts, whatever it is called. */
  readonly given: Readonly<Record<string, string>>
  /** `linux-x64`, and how jobs are run there. */
  readonly platform: string
}

/** Variables that tell of this run alone: of the pipeline, the commit, the ref, the runner. */
const PER_RUN = /^(CI|BALLAST|GITLAB)(_|$)/

/**
 * Whether a job's result may be taken from an earlier one: its plan asks for it, and nothing but files and a
 * verdict comes of it. What deploys, releases, is told who it is, or takes turns has to run.
 */
export function mayReuse({
  reuse,
  work,
  environment,
  release,
  idTokens,
  resourceGroup,
}: Pick<PlannedJob, 'reuse' | 'work' | 'environment' | 'release' | 'idTokens' | 'resourceGroup'>): boolean {
  return (
    reuse === true &&
    work.kind === 'script' &&
    !environment &&
    !release &&
    !idTokens?.length &&
    !resourceGroup
  )
}

/**
 * Everything that a job's result depends on, as one text: equal texts, equal results. In it are its commands, its
 * image and services, what it keeps, the commit's files, the files of earlier jobs, the environment without the
 * variables of this run, and the kind of machine. Not in it are limits, retries and caches, which decide how
 * long it takes. It may hold secrets: compare digests of it that are made with a key.
 */
export function reuseSubject(plan: PlannedJob, facts: ReuseFacts): string {
  const { work, artifacts, artifactRules, image, services, network, readOnlyRoot, labels, coverage } = plan
  const rules = artifactRules && { ...artifactRules, expireIn: undefined, access: undefined, name: undefined }
  const inputs = facts.inputs.map(({ path, digest, executable }) => ({ path, digest, executable }))
  return canonicalJson({
    version: 1,
    ...facts,
    inputs: inputs.sort((a, b) => (a.path < b.path ? -1 : 1)),
    env: Object.fromEntries(Object.entries(facts.env).filter(([name]) => !PER_RUN.test(name))),
    plan: {
      work,
      artifacts,
      artifactRules: rules,
      image,
      services,
      network,
      readOnlyRoot,
      labels: labels && [...labels].sort(),
      coverage,
      // As written: a variable of this run in it is no difference, its own value is.
      env: plan.env,
    },
  })
}
