import { z } from 'zod'
import { disagreementsSchema } from '../../../../api/index.ts'
import { ServerError } from '../../../errors.ts'
import { auditExport } from '../../../requests/audit.ts'
import { disagreementsOf } from '../../../requests/disagreements.ts'
import type { Services } from '../../../services.ts'
import { rolloutFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

/** Each asks every gateway, and holds what they say. */
const MAX_AT_ONCE = 8

/** What a shadow decided otherwise than stable. What callers sent is in it, so it is read as their requests are. */
export function disagreementRoutes(app: App, services: Services): void {
  const { plane, gatewayCalls } = services
  let underWay = 0
  app.get(
    '/api/v1/rollouts/:id/disagreements',
    {
      config: { access: { kind: 'caller' } },
      schema: { params: z.object({ id: z.string() }), response: { 200: disagreementsSchema } },
    },
    async request => {
      const caller = callerIn(request)
      const { rollout } = await rolloutFor(services, caller, request.params.id, 'requests.read')
      if (underWay >= MAX_AT_ONCE) throw busy()
      underWay++
      try {
        const { id, model, environment } = rollout
        await auditExport(plane, caller, { model, environment, rollout: id })
        return await disagreementsOf(gatewayCalls, id)
      } finally {
        underWay--
      }
    },
  )
}

function busy(): ServerError {
  return new ServerError('RATE_LIMITED', {
    message: `${MAX_AT_ONCE} such questions to gateways are under way already`,
    hint: 'Wait until one has ended.',
    details: { retryAfterSeconds: 1 },
  })
}
