import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import {
  checkBodySchema,
  collectBodySchema,
  projectUsageSchema,
  quotaBodySchema,
  storeStatsSchema,
  type WorkLine,
} from '../../../../api/index.ts'
import { BallastError, isoOf, messageOf } from '../../../../core/index.ts'
import type { CollectReport } from '../../../../registry/index.ts'
import type { Services } from '../../../services.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
const ofProject = z.object({ project: z.string() })
/** Of progress; also what keeps the connection from being cut as idle. */
const EVERY_MS = 1000

/** What the store holds and may hold, and its upkeep by hand. */
export function storeRoutes(app: App, services: Services): void {
  const { keeper, storeWork, plane, authenticator } = services
  app.get(
    '/api/v1/registry/stats',
    { config: CALLER, schema: { querystring: ofProject.partial(), response: { 200: storeStatsSchema } } },
    async request => {
      const caller = callerIn(request)
      const { project } = request.query
      if (project !== undefined)
        return viewOf(await keeper.stats((await projectFor(services, caller, project)).id))
      await authenticator.need(caller, 'server.administer')
      return viewOf(await keeper.stats())
    },
  )
  app.get(
    '/api/v1/registry/quotas/:project',
    { config: CALLER, schema: { params: ofProject, response: { 200: projectUsageSchema } } },
    async request => {
      const { id, name } = await projectFor(services, callerIn(request), request.params.project)
      const { quota = null, ...usage } = await plane.stores.objects.usage(id)
      return { project: name, ...usage, quota }
    },
  )
  app.put(
    '/api/v1/registry/quotas/:project',
    {
      config: ADMIN,
      schema: { params: ofProject, body: quotaBodySchema, response: { 200: projectUsageSchema } },
    },
    async request => {
      const { id, name } = await projectFor(services, callerIn(request), request.params.project)
      await plane.stores.objects.setQuota(id, request.body.quota ?? undefined)
      const { quota = null, ...usage } = await plane.stores.objects.usage(id)
      return { project: name, ...usage, quota }
    },
  )
  app.post(
    '/api/v1/registry/collections',
    { config: ADMIN, schema: { body: collectBodySchema } },
    (request, reply) => {
      const { graceMs = storeWork.grace, dryRun } = request.body
      return lines(reply, async () => collectionView(await keeper.collect({ grace: graceMs, dryRun })))
    },
  )
  app.post(
    '/api/v1/registry/checks',
    { config: ADMIN, schema: { body: checkBodySchema } },
    (request, reply) =>
      lines(reply, say =>
        keeper.check({
          repair: request.body.repair,
          onFinding: finding => say({ kind: 'finding', finding: { ...finding } }),
          onProgress: throttled((done, total) => say({ kind: 'progress', done, total })),
        }),
      ),
  )
}

function viewOf(stats: Awaited<ReturnType<Services['keeper']['stats']>>) {
  return { ...stats, failures: stats.failures.map(failure => ({ ...failure })) }
}

function collectionView({ removed, ...report }: CollectReport) {
  return {
    ...report,
    removed: removed.map(({ touchedAt, ...object }) => ({ ...object, touchedAt: isoOf(touchedAt) })),
  }
}

function throttled(show: (done: number, total: number) => void): (done: number, total: number) => void {
  let shown = 0
  return (done, total) => {
    const now = performance.now()
    if (now - shown < EVERY_MS && done < total) return
    shown = now
    show(done, total)
  }
}

/**
 * Lines of JSON while the work goes on; it goes on to its end when the caller goes away. An idle connection is cut by
 * whatever lies between: an empty line a second says that it lives.
 */
function lines(reply: FastifyReply, work: (say: (line: WorkLine) => void) => Promise<unknown>): FastifyReply {
  const stream = new PassThrough()
  stream.on('error', () => undefined)
  const say = (line: WorkLine) => {
    if (!stream.destroyed) stream.write(`${JSON.stringify(line)}\n`)
  }
  const alive = setInterval(() => !stream.destroyed && stream.write('\n'), EVERY_MS)
  void work(say)
    .then(
      report => say({ kind: 'report', report }),
      (failure: unknown) => say({ kind: 'error', error: errorOf(failure) }),
    )
    .finally(() => {
      clearInterval(alive)
      stream.end()
    })
  return reply.type('application/x-ndjson').send(stream)
}

function errorOf(failure: unknown) {
  if (!(failure instanceof BallastError)) return { code: 'INTERNAL', message: messageOf(failure) }
  const { code, message, hint } = failure
  return { code, message, ...(hint !== undefined && { hint }) }
}
