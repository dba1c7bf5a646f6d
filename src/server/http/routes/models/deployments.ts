import { z } from 'zod'
import { deploymentsSchema } from '../../../../api/index.ts'
import type { Services } from '../../../services.ts'
import { deploymentsOf } from '../../../views/deployments.ts'
import { modelFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const

/** What serves and what served, over all models that the caller may read, or of one. */
export function deploymentRoutes(app: App, services: Services): void {
  const { plane, authenticator } = services
  app.get(
    '/api/v1/deployments',
    {
      config: CALLER,
      schema: {
        querystring: z.object({
          model: z.string().max(200).optional(),
          environment: z.string().max(128).optional(),
          before: z.string().max(100).optional(),
          limit: z.coerce.number().int().min(1).max(100).default(50),
        }),
        response: { 200: deploymentsSchema },
      },
    },
    async request => {
      const caller = callerIn(request)
      const { model, ...page } = request.query
      if (model !== undefined) await modelFor(services, caller, model)
      const projectOf = new Map<string, string>()
      for (const project of await plane.stores.access.projects()) {
        if (!(await authenticator.may(caller, 'project.read', project))) continue
        for (const name of await plane.stores.versions.modelsOf(project.id))
          if (model === undefined || name === model) projectOf.set(name, project.name)
      }
      return deploymentsOf(plane, projectOf, page)
    },
  )
}
