import { posix } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { namedVersionSchema, versionViewSchema } from '../../../../api/index.ts'
import type { Digest } from '../../../../core/index.ts'
import { type BlobRef, versionExpired } from '../../../../registry/index.ts'
import { notFound } from '../../../errors.ts'
import { exportVersion, importVersion } from '../../../registry/versions/transfer.ts'
import { optimizationIn, variantsHere } from '../../../registry/versions/variants.ts'
import type { Services } from '../../../services.ts'
import { versionViewOf } from '../../../views/models.ts'
import { optimizationViewOf } from '../../../views/variants.ts'
import { projectFor, versionFor } from '../../find.ts'
import { namedVersion } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import { parseRange } from '../../ranges.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const

/**
 * The bytes of versions. A file is asked for by its version and its name, never by its digest: who may read the
 * version's project may read it, and nobody else.
 */
export function versionFileRoutes(app: App, services: Services): void {
  const { plane } = services
  app.get(
    '/api/v1/models/:model/versions/:version',
    {
      config: CALLER,
      schema: {
        params: z.object({ model: z.string(), version: z.string() }),
        response: { 200: namedVersionSchema },
      },
    },
    async request => {
      const { model, version: name } = request.params
      const { version } = await namedVersion(services, callerIn(request), model, name)
      const { files, config, commit } = version.manifest
      return {
        ...(await versionViewOf(services, version)),
        manifest: { model, commit, config, files: files.map(file => ({ ...file })) },
        optimization: optimizationViewOf(
          optimizationIn(await plane.stores.versions.recordsOf([version.id], ['optimization'])),
        ),
      }
    },
  )
  app.get(
    '/api/v1/versions/:id/files/*',
    { config: CALLER, schema: { params: z.object({ id: z.string(), '*': z.string() }) } },
    async (request, reply) => {
      const { id, '*': name } = request.params
      const version = await versionFor(services, callerIn(request), id)
      const file = version.manifest.files.find(each => each.name === name)
      if (!file) throw notFound('file', `${version.model} v${version.number} ${name}`)
      const { expired } = version
      if (expired) throw versionExpired({ ...version, expired })
      return sendFile(plane, file, request, reply)
    },
  )
  app.get(
    '/api/v1/versions/:id/variants/:variant/files/*',
    {
      config: CALLER,
      schema: { params: z.object({ id: z.string(), variant: z.string(), '*': z.string() }) },
    },
    async (request, reply) => {
      const { id, variant: called, '*': name } = request.params
      const version = await versionFor(services, callerIn(request), id)
      const records = await plane.stores.versions.recordsOf([version.id], ['variant', 'import'])
      const variant = variantsHere(records).find(each => each.name === called)
      const file = variant?.files.find(each => each.name === name)
      if (!file) throw notFound('file', `${version.model} v${version.number} ${called} ${name}`)
      const { expired } = version
      if (expired) throw versionExpired({ ...version, expired })
      return sendFile(plane, { ...file, digest: file.digest as Digest }, request, reply)
    },
  )
  app.get(
    '/api/v1/versions/:id/export',
    { config: CALLER, schema: { params: z.object({ id: z.string() }) } },
    async (request, reply) => {
      const version = await versionFor(services, callerIn(request), request.params.id)
      const name = `${version.model}-v${version.number}.ballast`
      return reply
        .type('application/x-tar')
        .header('x-content-type-options', 'nosniff')
        .header('content-disposition', `attachment; filename="${plainName(name)}"`)
        .send(await exportVersion(plane, version))
    },
  )
  // A model of any size: its bytes are never held, and no limit of a JSON body holds for them.
  app.register(async raw => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    raw.post<{ Querystring: { project: string; model?: string } }>(
      '/api/v1/versions/import',
      {
        config: CALLER,
        schema: {
          querystring: z.object({ project: z.string(), model: z.string().max(100).optional() }),
          response: { 200: versionViewSchema },
        },
      },
      async request => {
        const caller = callerIn(request)
        const { project: name, model } = request.query
        const project = await projectFor(services, caller, name, 'project.push')
        const version = await importVersion(plane, request.body as AsyncIterable<Uint8Array>, {
          project,
          model,
          by: caller.principal.name,
        })
        return versionViewOf(services, version)
      },
    )
  })
}

/** The file, or the range of it that is asked for. */
async function sendFile(
  { blobs }: Services['plane'],
  { name, digest, size }: BlobRef,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const range = parseRange(headers.range, size)
  const { start, end } = range ?? { start: 0, end: size }
  const stream = await blobs.stream(digest, ...(range ? [range] : []))
  return reply
    .status(range ? 206 : 200)
    .type('application/octet-stream')
    .header('content-length', end - start)
    .header('accept-ranges', 'bytes')
    .header('etag', `"${digest}"`)
    .headers(range ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {})
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', `attachment; filename="${plainName(posix.basename(name))}"`)
    .send(stream)
}

function plainName(name: string): string {
  return name.replace(/[^\w.-]/g, '_')
}
