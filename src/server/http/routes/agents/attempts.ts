import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  finishSchema,
  heartbeatResponseSchema,
  heartbeatSchema,
  lfsFilesSchema,
  logAppendResponseSchema,
} from '../../../../api/index.ts'
import { type Digest, isDigest } from '../../../../core/index.ts'
import { archive, archiveWithHistory } from '../../../../git/index.ts'
import type { Attempt } from '../../../../pipeline/index.ts'
import type { ServerSettings } from '../../../control-plane.ts'
import { notFound, ServerError } from '../../../errors.ts'
import { givenPointers, isGivenPointer } from '../../../pipelines/offers/pointers.ts'
import { submodulesOf } from '../../../pipelines/offers/submodules.ts'
import { readableFiles } from '../../../pipelines/offers.ts'
import { repositoryDirectory } from '../../../repositories.ts'
import type { Services } from '../../../services.ts'
import type { App } from '../../types.ts'

const ATTEMPT = { access: { kind: 'attempt' } } as const
/** One append of a log; the runner sends more in several. */
const MAX_APPEND_BYTES = 4 * 1024 * 1024
/** One artifact or model file. Beyond it, object storage is the place. */
const MAX_BLOB_BYTES = 64 * 1024 ** 3

/** What an attempt's own token reaches: its source, its blobs, its log, its end. */
export function attemptRoutes(app: App, services: Services): void {
  const { desk, plane } = services
  app.post(
    '/api/v1/attempts/:id/heartbeat',
    { config: ATTEMPT, schema: { body: heartbeatSchema, response: { 200: heartbeatResponseSchema } } },
    request => desk.heartbeat(request.attempt!, request.body),
  )
  app.post(
    '/api/v1/attempts/:id/log',
    {
      config: ATTEMPT,
      schema: {
        querystring: z.object({ fence: z.coerce.number().int(), offset: z.coerce.number().int().min(0) }),
        response: { 200: logAppendResponseSchema },
      },
    },
    async request => {
      const bytes = await readAll(streamIn(request), MAX_APPEND_BYTES)
      return {
        length: await desk.appendLog(request.attempt!, request.query.fence, request.query.offset, bytes),
      }
    },
  )
  app.post(
    '/api/v1/attempts/:id/finish',
    { config: ATTEMPT, schema: { body: finishSchema } },
    async (request, reply) => {
      await desk.finish(request.attempt!, request.body)
      return reply.status(204).send()
    },
  )
  app.get(
    '/api/v1/attempts/:id/source',
    {
      config: ATTEMPT,
      schema: {
        querystring: z.object({
          git: z.coerce.number().int().min(0).optional(),
          submodule: z.string().max(4096).optional(),
        }),
      },
    },
    async (request, reply) => {
      const origin = await originOf(services, request.attempt!)
      const { submodule } = request.query
      if (submodule !== undefined)
        return reply.type('application/x-tar').send(await submoduleOf(services, origin, submodule))
      return reply.type('application/x-tar').send(sourceOf(plane.settings, origin, request.query.git))
    },
  )
  app.get(
    '/api/v1/attempts/:id/lfs',
    { config: ATTEMPT, schema: { response: { 200: lfsFilesSchema } } },
    async request => {
      const { pipeline } = await originOf(services, request.attempt!)
      const { files, missing } = await givenPointers(plane, pipeline)
      return { files: files.map(file => ({ ...file })), missing: missing.map(file => ({ ...file })) }
    },
  )
  app.get(
    '/api/v1/attempts/:id/blobs/:digest',
    { config: ATTEMPT, schema: { params: z.object({ id: z.string(), digest: z.string() }) } },
    async (request, reply) => {
      const digest = await readable(services, request.attempt!, request.params.digest)
      return reply.type('application/octet-stream').send(await plane.blobs.stream(digest))
    },
  )
  app.put(
    '/api/v1/attempts/:id/blobs/:digest',
    { config: ATTEMPT, schema: { params: z.object({ id: z.string(), digest: z.string() }) } },
    async (request, reply) => {
      const { digest } = request.params
      if (!isDigest(digest)) throw notFound('digest', digest)
      const { project } = await originOf(services, request.attempt!)
      const announced = Number(request.headers['content-length'])
      const size = Number.isSafeInteger(announced) ? { size: announced } : {}
      const limits = { maxBytes: MAX_BLOB_BYTES, project: project.id, ...size }
      await plane.blobs.put(digest, streamIn(request), limits)
      return reply.status(204).send()
    },
  )
}

async function originOf({ plane }: Services, attempt: Attempt) {
  const job = await plane.stores.pipelines.job(attempt.job)
  const pipeline = job && (await plane.stores.pipelines.pipeline(job.pipeline))
  const project = pipeline && (await plane.stores.access.project(pipeline.project))
  if (!job || !pipeline || !project) throw notFound('attempt', attempt.id)
  return { job, pipeline, project }
}

/** A commit's files, with its history where a depth is asked for. */
function sourceOf(
  settings: ServerSettings,
  { pipeline, project }: Pick<Awaited<ReturnType<typeof originOf>>, 'pipeline' | 'project'>,
  depth: number | undefined,
): Readable {
  const { commit, ref } = pipeline
  const repository = repositoryDirectory(settings, pipeline.project)
  if (depth === undefined) return archive(repository, commit)
  return archiveWithHistory(repository, {
    commit,
    depth,
    ...(ref.startsWith('refs/heads/') && { branch: ref.slice('refs/heads/'.length) }),
    remoteUrl: `${settings.publicUrl}/${project.name}.git`,
    folder: join(settings.dataDir, 'tmp'),
  })
}

/** One that the job would get by the fullest strategy: which of them it asked for is the runner's to know. */
async function submoduleOf(
  { plane }: Services,
  { pipeline, project }: Awaited<ReturnType<typeof originOf>>,
  path: string,
): Promise<Readable> {
  const { given } = await submodulesOf(plane, pipeline, project, 'recursive')
  const found = given.find(module => module.path === path)
  if (!found) throw notFound('submodule', path)
  return archive(repositoryDirectory(plane.settings, found.project.id), found.commit)
}

/** Knowing a digest grants nothing: an attempt reads what it was given and nothing else. */
async function readable(services: Services, attempt: Attempt, digest: string): Promise<Digest> {
  const { job, pipeline, project } = await originOf(services, attempt)
  if (isDigest(digest) && (await isGivenPointer(services.plane, pipeline, digest))) return digest
  const given = await readableFiles(services.plane, pipeline, job, project, {
    runner: attempt.runner,
    labels: attempt.runnerLabels ?? [],
    token: '',
  })
  if (!isDigest(digest) || !given.some(file => file.digest === digest)) throw notFound('blob', digest)
  return digest
}

function streamIn({ body }: FastifyRequest): Readable {
  if (body instanceof Readable) return body
  throw new ServerError('REQUEST_INVALID', {
    message: 'The body is no stream of bytes',
    hint: 'Send it as application/octet-stream.',
  })
}

async function readAll(body: Readable, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += (chunk as Buffer).length
    if (length > limit)
      throw new ServerError('REQUEST_INVALID', {
        message: `One append may have ${limit} bytes`,
        hint: 'Send it in parts.',
      })
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks, length)
}
