import { isoOf } from '../../core/index.ts'
import type { ArtifactRules, Attempt, Job } from '../../pipeline/index.ts'
import type { Caller } from '../access/authenticate.ts'
import { mayTake } from '../access/starter.ts'
import { ServerError } from '../errors.ts'
import type { Services } from '../services.ts'
import { attemptFor, jobFor } from './find.ts'

/**
 * An attempt whose files the caller may download now. Throws NOT_FOUND, FORBIDDEN where the job keeps them for
 * fewer, ARTIFACTS_EXPIRED.
 */
export async function downloadableAttempt(services: Services, caller: Caller, id: string): Promise<Attempt> {
  const attempt = await attemptFor(services, caller, id)
  const { job, project } = await jobFor(services, caller, attempt.job)
  const access = job.plan.artifactRules?.access ?? 'all'
  const role = await services.authenticator.roleIn(caller, project.id)
  if (!mayTake(access, role)) throw kept(job, access)
  const { keepUntil } = attempt
  if (keepUntil !== undefined && keepUntil <= services.plane.clock.now()) {
    throw new ServerError('ARTIFACTS_EXPIRED', {
      message: `What '${job.plan.name}' kept could be downloaded until ${isoOf(keepUntil)}`,
      hint: 'Run the job again, or keep its files for longer (expire_in).',
    })
  }
  return attempt
}

function kept(job: Job, access: ArtifactRules['access']): ServerError {
  const whom = access === 'none' ? 'later jobs alone' : `${access}s`
  return new ServerError('FORBIDDEN', {
    message: `'${job.plan.name}' keeps its files for ${whom} (artifacts:access)`,
    hint: 'Ask somebody with that role, or change artifacts:access.',
  })
}
