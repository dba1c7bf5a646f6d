import { z } from 'zod'
import { hostReportSchema } from '../../../../api/index.ts'
import { isDigest } from '../../../../core/index.ts'
import { notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { callerIn } from '../../guard.ts'
import { openEventStream } from '../../sse.ts'
import type { App } from '../../types.ts'
import { whileValid } from '../../while-valid.ts'

const HOST = { access: { kind: 'agent', scope: 'agent:host' } } as const

export function hostRoutes(app: App, services: Services): void {
  const { fleet, plane } = services
  app.get('/api/v1/agents/host/stream', { config: HOST }, (request, reply) => {
    reply.hijack()
    const stream = openEventStream(reply.raw)
    stream.onClose(whileValid(services, callerIn(request), stream))
    stream.onClose(fleet.wantedChanged.on(data => stream.send({ data })))
    // Revision 0 is a server that has not looked yet: a host keeps what it runs.
    if (fleet.wanted.revision > 0) stream.send({ data: fleet.wanted })
  })
  app.post(
    '/api/v1/agents/host/report',
    { config: HOST, schema: { body: hostReportSchema } },
    async (request, reply) => {
      fleet.report(request.body)
      return reply.status(204).send()
    },
  )
  app.get(
    '/api/v1/blobs/:digest',
    { config: HOST, schema: { params: z.object({ digest: z.string() }) } },
    async (request, reply) => {
      const { digest } = request.params
      const given = fleet.wanted.replicas.some(({ files }) => files.some(file => file.digest === digest))
      if (!isDigest(digest) || !given) throw notFound('blob', digest)
      return reply.type('application/octet-stream').send(await plane.blobs.stream(digest))
    },
  )
}
