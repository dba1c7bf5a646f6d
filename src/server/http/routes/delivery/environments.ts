import { z } from 'zod'
import type { Project } from '../../../../access/index.ts'
import { environmentDetailSchema, environmentViewSchema } from '../../../../api/index.ts'
import type { Environment } from '../../../../pipeline/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { conflict } from '../../../errors.ts'
import { needApprover } from '../../../pipelines/approval.ts'
import type { Services } from '../../../services.ts'
import { deploymentViewOf, environmentViewOf } from '../../../views/delivery.ts'
import { environmentFor, projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const byId = z.object({ id: z.string() })
/** As many as a page shows. */
const DEPLOYMENTS = 20

/** Environments that jobs' own scripts deploy to. */
export function environmentRoutes(app: App, services: Services): void {
  const { plane, stops } = services
  app.get(
    '/api/v1/projects/:project/environments',
    {
      config: CALLER,
      schema: {
        params: z.object({ project: z.string() }),
        response: { 200: z.array(environmentViewSchema) },
      },
    },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      const environments = await plane.stores.delivery.environments(project.id)
      return Promise.all(environments.map(environment => environmentViewOf(plane, project, environment)))
    },
  )
  app.get(
    '/api/v1/environments/:id',
    { config: CALLER, schema: { params: byId, response: { 200: environmentDetailSchema } } },
    async request => {
      const { environment, project } = await environmentFor(services, callerIn(request), request.params.id)
      const deployments = await plane.stores.delivery.environmentDeployments(environment.id, DEPLOYMENTS)
      return {
        ...(await environmentViewOf(plane, project, environment)),
        deployments: await Promise.all(deployments.map(deployment => deploymentViewOf(plane, deployment))),
      }
    },
  )
  app.post(
    '/api/v1/environments/:id/stop',
    { config: CALLER, schema: { params: byId, response: { 200: environmentViewSchema } } },
    async request => {
      const caller = callerIn(request)
      const { id } = request.params
      const { environment, project } = await environmentFor(services, caller, id, 'pipeline.control')
      if (environment.state === 'stopped')
        throw conflict(`${environment.name} is stopped`, 'The next deployment makes it available again.')
      const approved = await mayApprove(services, caller, project, environment)
      await stops.stop(environment, `${caller.principal.name} asked for it`, approved)
      const now = (await plane.stores.delivery.environment(environment.id)) ?? environment
      return environmentViewOf(plane, project, now)
    },
  )
}

/** Whether who asks is also the person whose word its stop job needs. */
async function mayApprove(
  services: Services,
  caller: Caller,
  project: Project,
  { stopJob }: Environment,
): Promise<boolean> {
  const job = stopJob && (await services.plane.stores.pipelines.job(stopJob))
  if (!job || !(await services.authenticator.may(caller, 'deploy.approve', project))) return false
  return needApprover(services, caller, project, job).then(
    () => true,
    () => false,
  )
}
