import { z } from 'zod'
import { lineageSchema, logSchema, servingIntervalSchema } from '../../../../api/index.ts'
import { instant } from '../../../../core/index.ts'
import { servedAt } from '../../../../registry/index.ts'
import type { Services } from '../../../services.ts'
import { lineageViewOf, logOf, servingOf, servingViewsOf } from '../../../views/versions.ts'
import { versionFor } from '../../find.ts'
import { namedModel } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ model: z.string() })
const place = { environment: z.string().optional(), alias: z.string().optional() }

/** What served when, by whose decision, and what came from what. */
export function historyRoutes(app: App, services: Services): void {
  const { plane } = services
  app.get(
    '/api/v1/models/:model/log',
    {
      config: CALLER,
      schema: {
        params,
        querystring: z.object({
          ...place,
          before: z.string().optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: logSchema },
      },
    },
    async request => {
      const { model } = request.params
      await namedModel(services, callerIn(request), model)
      const { before, limit } = request.query
      return logOf(plane, model, { place: placeOf(request.query), before, limit })
    },
  )
  app.get(
    '/api/v1/models/:model/serving',
    {
      config: CALLER,
      schema: {
        params,
        querystring: z.object({ ...place, at: z.iso.datetime({ offset: true }).optional() }),
        response: { 200: z.array(servingIntervalSchema) },
      },
    },
    async request => {
      const { model } = request.params
      await namedModel(services, callerIn(request), model)
      const where = placeOf(request.query) ?? ({ kind: 'environment', name: 'production' } as const)
      const intervals = await servingOf(plane, model, where)
      const { at } = request.query
      return servingViewsOf(
        plane,
        at === undefined ? intervals : servedAt(intervals, instant(Date.parse(at))),
      )
    },
  )
  app.get(
    '/api/v1/versions/:id/lineage',
    { config: CALLER, schema: { params: z.object({ id: z.string() }), response: { 200: lineageSchema } } },
    async request => lineageViewOf(plane, await versionFor(services, callerIn(request), request.params.id)),
  )
}

function placeOf({ environment, alias }: { environment?: string | undefined; alias?: string | undefined }) {
  if (environment !== undefined) return { kind: 'environment', name: environment } as const
  return alias === undefined ? undefined : ({ kind: 'alias', name: alias } as const)
}
