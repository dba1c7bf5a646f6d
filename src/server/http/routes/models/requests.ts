import { PassThrough } from 'node:stream'
import { z } from 'zod'
import { qualitySchema } from '../../../../api/index.ts'
import { ServerError } from '../../../errors.ts'
import { auditExport } from '../../../requests/audit.ts'
import type { Services } from '../../../services.ts'
import { namedModel } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'
import { whileValid } from '../../while-valid.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ model: z.string() })
const environment = z.string().max(128).optional()
const flag = z.enum(['true', 'false']).transform(text => text === 'true')
const time = z.iso.datetime({ offset: true }).transform(text => Date.parse(text))
/** An export makes every gateway read its disk; they take as many at once. */
const MAX_AT_ONCE = { export: 4, follow: 16 } as const

/** What gateways wrote down of requests, and what labels say of versions. */
export function requestRoutes(app: App, services: Services): void {
  const { plane, gatewayCalls, quality } = services
  const underWay = { export: 0, follow: 0 }
  app.get(
    '/api/v1/models/:model/requests',
    {
      config: CALLER,
      schema: {
        params,
        querystring: z.object({
          environment,
          since: time.optional(),
          until: time.optional(),
          version: z.coerce.number().int().min(1).optional(),
          labelled: flag.optional(),
          follow: flag.optional(),
        }),
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const { model } = request.params
      await namedModel(services, caller, model, 'requests.read')
      const kind = request.query.follow ? 'follow' : 'export'
      if (underWay[kind] >= MAX_AT_ONCE[kind]) throw busy(MAX_AT_ONCE[kind])
      const query = { model, ...request.query }
      await auditExport(plane, caller, query)
      const out = new PassThrough()
      underWay[kind]++
      const stop = whileValid(services, caller, { close: () => out.destroy() })
      out.once('close', () => {
        underWay[kind]--
        stop()
      })
      void gatewayCalls.requests(query, out).then(gateways => {
        if (!out.destroyed) out.end(`${JSON.stringify({ end: { gateways } })}\n`)
      })
      return reply.type('application/x-ndjson').send(out)
    },
  )
  app.get(
    '/api/v1/models/:model/quality',
    {
      config: CALLER,
      schema: { params, querystring: z.object({ environment }), response: { 200: qualitySchema } },
    },
    async request => {
      const { model } = request.params
      await namedModel(services, callerIn(request), model)
      return quality.of(request.query.environment ?? 'production', model)
    },
  )
}

function busy(most: number): ServerError {
  return new ServerError('RATE_LIMITED', {
    message: `${most} such exports of requests are under way already`,
    hint: 'Wait until one has ended.',
    details: { retryAfterSeconds: 5 },
  })
}
