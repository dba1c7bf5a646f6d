import { z } from 'zod'
import { rolloutViewSchema } from '../../../../api/index.ts'
import type { Services } from '../../../services.ts'
import { rolloutViewOf } from '../../../views/rollouts.ts'
import { rolloutFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ id: z.string() })
/** Whoever means longer resumes it by hand. */
const MAX_PAUSE_MS = 400 * 86_400_000

export function rolloutRoutes(app: App, services: Services): void {
  const response = { 200: rolloutViewSchema }
  const body = z.object({ reason: z.string().max(500).optional() }).nullish()
  app.get('/api/v1/rollouts/:id', { config: CALLER, schema: { params, response } }, async request => {
    const { rollout } = await rolloutFor(services, callerIn(request), request.params.id)
    return rolloutViewOf(services, rollout)
  })
  for (const action of ['promote', 'override', 'resume', 'abort'] as const)
    app.post(
      `/api/v1/rollouts/:id/${action}`,
      { config: CALLER, schema: { params, body, response } },
      async request => {
        const caller = callerIn(request)
        const { rollout } = await rolloutFor(services, caller, request.params.id, 'rollout.control')
        const { name } = caller.principal
        return rolloutViewOf(
          services,
          await services.rolloutActions[action](rollout.id, name, request.body?.reason),
        )
      },
    )
  const pause = z
    .object({ reason: z.string().max(500).optional(), forMs: z.int().min(1000).max(MAX_PAUSE_MS).optional() })
    .nullish()
  app.post(
    '/api/v1/rollouts/:id/pause',
    { config: CALLER, schema: { params, body: pause, response } },
    async request => {
      const caller = callerIn(request)
      const { rollout } = await rolloutFor(services, caller, request.params.id, 'rollout.control')
      return rolloutViewOf(
        services,
        await services.rolloutActions.pause(rollout.id, caller.principal.name, request.body ?? {}),
      )
    },
  )
}
