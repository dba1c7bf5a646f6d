import { z } from 'zod'
import { recordPageSchema } from '../../../../api/index.ts'
import type { Services } from '../../../services.ts'
import { recordPageOf } from '../../../views/records.ts'
import { rolloutFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const

/** What was decided about a rollout, signed. */
export function recordRoutes(app: App, services: Services): void {
  const params = z.object({ id: z.string() })
  const querystring = z.object({ after: z.coerce.number().int().min(0).default(0) })
  const response = { 200: recordPageSchema }
  app.get(
    '/api/v1/rollouts/:id/records',
    { config: CALLER, schema: { params, querystring, response } },
    async request => {
      const { rollout } = await rolloutFor(services, callerIn(request), request.params.id)
      return recordPageOf(services.plane, rollout.id, request.query.after)
    },
  )
}
