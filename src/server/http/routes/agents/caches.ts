import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  cacheFindResponseSchema,
  cacheFindSchema,
  cacheLackingResponseSchema,
  cacheLackingSchema,
  cacheSaveSchema,
} from '../../../../api/index.ts'
import { type Digest, isDigest } from '../../../../core/index.ts'
import { type Attempt, hasEnded } from '../../../../pipeline/index.ts'
import type { CacheSide, Content } from '../../../caches/project-caches.ts'
import { notFound, ServerError } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import type { App } from '../../types.ts'

const ATTEMPT = { access: { kind: 'attempt' } } as const
const BASE = '/api/v1/attempts/:id/caches'
const byDigest = z.object({ id: z.string(), digest: z.string() })

/** Caches of the attempt's project, for other runners: see api/caches.ts. */
export function cacheRoutes(app: App, services: Services): void {
  app.post(
    `${BASE}/find`,
    { config: ATTEMPT, schema: { body: cacheFindSchema, response: { 200: cacheFindResponseSchema } } },
    async request => {
      const { cache, sideOf } = await placeOf(services, request)
      for (const key of request.body.keys) {
        const found = await cache.find(sideOf(key), [key])
        if (found) return { found }
      }
      return {}
    },
  )
  app.post(
    `${BASE}/lacking`,
    { config: ATTEMPT, schema: { body: cacheLackingSchema, response: { 200: cacheLackingResponseSchema } } },
    async request => {
      const { cache } = await placeOf(services, request)
      return { lacking: await cache.lacking(request.body.contents as Digest[]) }
    },
  )
  app.get(
    `${BASE}/blobs/:digest`,
    { config: ATTEMPT, schema: { params: byDigest } },
    async (request, reply) => {
      const { cache } = await placeOf(services, request)
      return reply.type('application/octet-stream').send(await cache.stream(digestIn(request.params.digest)))
    },
  )
  app.put(
    `${BASE}/blobs/:digest`,
    { config: ATTEMPT, schema: { params: byDigest } },
    async (request, reply) => {
      const { cache } = await placeOf(services, request)
      const size = Number(request.headers['content-length'])
      if (!(request.body instanceof Readable) || !Number.isSafeInteger(size)) {
        throw new ServerError('REQUEST_INVALID', {
          message: 'The body is no stream of bytes with a length',
          hint: 'Send it as application/octet-stream, with Content-Length.',
        })
      }
      await cache.put({ digest: digestIn(request.params.digest), size }, request.body)
      return reply.status(204).send()
    },
  )
  app.post(`${BASE}/save`, { config: ATTEMPT, schema: { body: cacheSaveSchema } }, async (request, reply) => {
    const { cache, sideOf } = await placeOf(services, request)
    const { key, manifest } = request.body
    await cache.save(sideOf(key), key, manifest as Content)
    return reply.status(204).send()
  })
}

/** The end of a key that is not kept apart for protected refs. */
const SHARED_KEY = /-non_protected$/

async function placeOf({ plane, projectCaches }: Services, request: FastifyRequest) {
  const attempt = request.attempt!
  if (hasEnded(attempt.state)) throw ended(attempt)
  const job = await plane.stores.pipelines.job(attempt.job)
  const pipeline = job && (await plane.stores.pipelines.pipeline(job.pipeline))
  if (!pipeline) throw notFound('attempt', attempt.id)
  const isProtected = pipeline.trigger?.protectedRef === true
  return {
    cache: await projectCaches.of(pipeline.project),
    // What a job of an unprotected ref writes is found by such jobs alone, whatever it calls it.
    sideOf: (key: string): CacheSide => (isProtected && !SHARED_KEY.test(key) ? 'protected' : 'unprotected'),
  }
}

function digestIn(text: string): Digest {
  if (!isDigest(text)) throw notFound('digest', text)
  return text
}

function ended(attempt: Attempt): ServerError {
  return new ServerError('LEASE_LOST', {
    message: `Attempt ${attempt.id} is ${attempt.state} and no longer yours`,
    hint: 'Stop its process and drop it; the job was given to somebody else or has ended.',
  })
}
