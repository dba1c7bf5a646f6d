import type { Project } from '../../access/index.ts'
import { type Attempt, dialectOf, type Job, type Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { dotenvOf, jobEnvironment } from '../pipelines/offers/environment.ts'

/** Stands where a secret stood, as in logs. */
export const MASKED = '[redacted]'

/** What of an attempt tells the variables of its job after its end. */
export type EndedAttempt = Pick<Attempt, 'id' | 'runner' | 'runnerLabels' | 'artifacts' | 'reports'>

/**
 * Replaces the variables of a job in a text once its script has ended: those that it found, and over them those of
 * its own dotenv reports. Values of secrets are masked: what comes of it is shown. Throws SECRET_MISSING, VAULT_SEALED.
 */
export async function textsAfter(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  attempt: EndedAttempt,
): Promise<(text: string) => string> {
  const { runner, runnerLabels: labels = [], artifacts, reports = [] } = attempt
  const { env, masked } = await jobEnvironment(plane, pipeline, job, project, { runner, labels, token: '' })
  const variables = new Map(Object.entries(env))
  for (const { path } of reports.filter(({ kind }) => kind === 'dotenv')) {
    const file = artifacts.find(other => other.path === path)
    if (file) for (const { name, value } of await dotenvOf(plane, file)) variables.set(name, value)
  }
  const secrets = masked.filter(value => value !== '').toSorted((a, b) => b.length - a.length)
  const dialect = job.plan.expand && job.plan.dialect ? dialectOf(job.plan.dialect) : undefined
  const all = Object.fromEntries(variables)
  return text => {
    const expanded = dialect?.expandText(text, all) ?? text
    return secrets.reduce((shown, secret) => shown.replaceAll(secret, MASKED), expanded)
  }
}
