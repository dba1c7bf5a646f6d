import { leaseRequestSchema, leaseResponseSchema } from '../../../../api/index.ts'
import type { Services } from '../../../services.ts'
import type { App } from '../../types.ts'

export function runnerRoutes(app: App, { dispatcher }: Services): void {
  app.post(
    '/api/v1/agents/runner/lease',
    {
      config: { access: { kind: 'agent', scope: 'agent:runner' } },
      schema: { body: leaseRequestSchema, response: { 200: leaseResponseSchema } },
    },
    async (request, reply) => {
      const gone = new AbortController()
      reply.raw.on('close', () => gone.abort())
      return { offers: [...(await dispatcher.lease(request.body, gone.signal))] }
    },
  )
}
