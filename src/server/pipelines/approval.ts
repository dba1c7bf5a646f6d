import type { Project } from '../../access/index.ts'
import type { Job } from '../../pipeline/index.ts'
import type { Caller } from '../access/authenticate.ts'
import { ServerError } from '../errors.ts'
import type { Services } from '../services.ts'
import { policyOf } from './policy.ts'

/** Throws FORBIDDEN when the environment's policy asks for a higher role than this caller has. */
export async function needApprover(
  services: Services,
  caller: Caller,
  project: Project,
  job: Job,
): Promise<void> {
  const { work, approval } = job.plan
  const name = work.kind === 'deploy' ? work.environment : approval
  if (name === undefined) return
  const { approvers, environment } = await policyOf(services.plane, project, name)
  if (approvers !== 'admin' || (await services.authenticator.roleIn(caller, project.id)) === 'admin') return
  throw new ServerError('FORBIDDEN', {
    message: `Deployments to ${environment} are approved by an admin; ${caller.principal.name} is none`,
    hint: 'Ask an admin to approve this job.',
  })
}
