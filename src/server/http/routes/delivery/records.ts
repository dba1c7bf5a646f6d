import { z } from 'zod'
import { rolloutRecordsSchema } from '../../../../api/index.ts'
import type { Services } from '../../../services.ts'
import { recordsViewOf } from '../../../views/records.ts'
import { rolloutFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const

/** What was decided about a rollout, signed. */
export function recordRoutes(app: App, services: Services): void {
  const params = z.object({ id: z.string() })
  const response = { 200: rolloutRecordsSchema }
  app.get('/api/v1/rollouts/:id/records', { config: CALLER, schema: { params, response } }, async request => {
    const { rollout } = await rolloutFor(services, callerIn(request), request.params.id)
    return recordsViewOf(services.plane, rollout.id)
  })
}
