import { z } from 'zod'
import { blobPlaceQuerySchema, blobPlaceSchema, hostReportSchema } from '../../../../api/index.ts'
import { type Digest, isDigest } from '../../../../core/index.ts'
import { notFound } from '../../../errors.ts'
import { isNeighbour, placeOf, sendBlob } from '../../../registry/serving/blobs.ts'
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
  /** A host reads what it is to serve, and nothing else. */
  const wanted = (digest: string): { readonly digest: Digest; readonly size: number } => {
    const files = fleet.wanted.replicas.flatMap(({ files, variant }) => [...files, ...(variant?.files ?? [])])
    const file = files.find(each => each.digest === digest)
    if (!file || !isDigest(digest)) throw notFound('blob', digest)
    return { digest, size: file.size }
  }
  const schema = { params: z.object({ digest: z.string() }) }
  app.get('/api/v1/blobs/:digest', { config: HOST, schema }, (request, reply) =>
    sendBlob(plane.blobs, wanted(request.params.digest), request, reply),
  )
  app.get(
    '/api/v1/blobs/:digest/place',
    {
      config: HOST,
      schema: { ...schema, querystring: blobPlaceQuerySchema, response: { 200: blobPlaceSchema } },
    },
    async request => {
      const { digest } = wanted(request.params.digest)
      const early = request.query.early === '1'
      const place = isNeighbour(request) ? await placeOf(plane.blobs, digest, early) : undefined
      if (!place) throw notFound('place', digest)
      return place
    },
  )
}
