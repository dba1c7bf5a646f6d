import { z } from 'zod'
import { aliasViewSchema, setAliasSchema } from '../../../../api/index.ts'
import { noAlias, removeAlias, setAlias } from '../../../registry/versions/aliases.ts'
import type { Services } from '../../../services.ts'
import { aliasViewsOf } from '../../../views/versions.ts'
import { namedModel } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ model: z.string() })
const named = params.extend({ name: z.string() })

/** Names of versions. Everybody who reads the project sees them; developers move their own, maintainers protected ones. */
export function aliasRoutes(app: App, services: Services): void {
  const { plane, authenticator } = services
  app.get(
    '/api/v1/models/:model/aliases',
    { config: CALLER, schema: { params, response: { 200: z.array(aliasViewSchema) } } },
    async request => {
      await namedModel(services, callerIn(request), request.params.model)
      return aliasViewsOf(plane, request.params.model)
    },
  )
  app.put(
    '/api/v1/models/:model/aliases/:name',
    { config: CALLER, schema: { params: named, body: setAliasSchema, response: { 200: aliasViewSchema } } },
    async request => {
      const { model, name } = request.params
      const caller = callerIn(request)
      const there = await plane.stores.versions.alias(model, name)
      const guarded = there?.protected || request.body.protected !== undefined
      const project = await namedModel(
        services,
        caller,
        model,
        guarded ? 'alias.move-protected' : 'alias.move',
      )
      const protectedToo = await authenticator.may(caller, 'alias.move-protected', project)
      await setAlias(plane, { model, name, by: caller.principal.name, protectedToo, ...request.body })
      const views = await aliasViewsOf(plane, model)
      const view = views.find(each => each.kind === 'own' && each.name === name)
      if (!view) throw noAlias(model, name)
      return view
    },
  )
  app.delete(
    '/api/v1/models/:model/aliases/:name',
    {
      config: CALLER,
      schema: {
        params: named,
        querystring: z.object({ expected: z.string().optional(), reason: z.string().max(500).optional() }),
      },
    },
    async (request, reply) => {
      const { model, name } = request.params
      const caller = callerIn(request)
      const there = await plane.stores.versions.alias(model, name)
      const right = there?.protected ? 'alias.move-protected' : 'alias.move'
      const project = await namedModel(services, caller, model, right)
      const protectedToo = await authenticator.may(caller, 'alias.move-protected', project)
      await removeAlias(plane, { model, name, by: caller.principal.name, protectedToo, ...request.query })
      return reply.status(204).send()
    },
  )
}
