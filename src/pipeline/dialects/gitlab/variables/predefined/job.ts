import type { JobEnvironment } from '../../../../types.ts'
import { groupOf } from './group.ts'
import { environmentSlugOf, slugOf } from './slug.ts'
import { type Predefined, valuesOf } from './table.ts'
import { tierOf } from './tier.ts'

/** What is known of a job as soon as it is planned. */
export interface JobContext {
  readonly name: string
  readonly stage?: string
  readonly image?: string
  readonly manual?: boolean
  /** Its name and address with their variables put in. */
  readonly environment?: Pick<JobEnvironment, 'name' | 'url' | 'action' | 'tier'>
  /** Which of how many, counted from 1, where the job is one of several parallel ones. */
  readonly node?: { readonly index: number; readonly total: number }
}

const JOB: readonly Predefined<JobContext>[] = [
  { name: 'CI_JOB_NAME', value: ({ name }) => name },
  { name: 'CI_JOB_NAME_SLUG', value: ({ name }) => slugOf(name) },
  { name: 'CI_JOB_GROUP_NAME', value: ({ name }) => groupOf(name) },
  { name: 'CI_JOB_STAGE', value: ({ stage }) => stage },
  { name: 'CI_JOB_IMAGE', value: ({ image }) => image },
  { name: 'CI_JOB_MANUAL', value: ({ manual }) => (manual ? 'true' : undefined) },
  { name: 'CI_NODE_INDEX', value: ({ node }) => node && `${node.index}` },
  { name: 'CI_NODE_TOTAL', value: ({ node }) => `${node?.total ?? 1}` },
  { name: 'CI_ENVIRONMENT_NAME', value: ({ environment }) => environment?.name },
  {
    name: 'CI_ENVIRONMENT_SLUG',
    value: ({ environment }) => environment && environmentSlugOf(environment.name),
  },
  { name: 'CI_ENVIRONMENT_ACTION', value: ({ environment }) => environment?.action },
  { name: 'CI_ENVIRONMENT_TIER', value: ({ environment }) => environment && tierOf(environment) },
  { name: 'CI_ENVIRONMENT_URL', value: ({ environment }) => environment?.url },
]

/**
 * Of a job that is planned. Conditions of its rules see these as well, but for the environment's and the image's,
 * which rules can decide.
 */
export function jobPlanVariables(context: JobContext): ReadonlyMap<string, string> {
  return valuesOf(JOB, context)
}
