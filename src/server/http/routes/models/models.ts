import { z } from 'zod'
import { isLimited } from '../../../../access/index.ts'
import { modelViewSchema, promotedSchema, versionViewSchema } from '../../../../api/index.ts'
import { notFound, ServerError } from '../../../errors.ts'
import { pointersOf, resolveVersion } from '../../../registry/versions/names.ts'
import { promoteVersion } from '../../../rollouts/promote.ts'
import type { Services } from '../../../services.ts'
import { modelViewOf, versionViewOf } from '../../../views/models.ts'
import { rolloutViewOf } from '../../../views/rollouts.ts'
import { modelFor, versionFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'
import { forwardPrediction } from './try.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ model: z.string() })
const inEnvironment = z.object({ environment: z.string().default('production') })

export function modelRoutes(app: App, services: Services): void {
  const { plane, authenticator } = services
  app.get(
    '/api/v1/models',
    { config: CALLER, schema: { response: { 200: z.array(modelViewSchema) } } },
    async request => {
      const caller = callerIn(request)
      const views = []
      for (const project of await plane.stores.access.projects()) {
        if (!(await authenticator.may(caller, 'project.read', project))) continue
        for (const model of await plane.stores.versions.modelsOf(project.id)) {
          const view = await modelViewOf(services, model)
          if (view) views.push(view)
        }
      }
      return views
    },
  )
  app.get(
    '/api/v1/models/:model',
    { config: CALLER, schema: { params, querystring: inEnvironment, response: { 200: modelViewSchema } } },
    async request => {
      const { model } = request.params
      await modelFor(services, callerIn(request), model)
      const view = await modelViewOf(services, model, request.query.environment)
      if (!view) throw notFound('model', model)
      return view
    },
  )
  app.get(
    '/api/v1/models/:model/versions',
    {
      config: CALLER,
      schema: {
        params,
        querystring: z.object({
          before: z.coerce.number().int().optional(),
          limit: z.coerce.number().int().min(1).max(100).default(25),
        }),
        response: { 200: z.array(versionViewSchema) },
      },
    },
    async request => {
      const { model } = request.params
      await modelFor(services, callerIn(request), model)
      const { before, limit } = request.query
      const versions = await plane.stores.versions.list(model, {
        limit,
        ...(before !== undefined && { before }),
      })
      const pointers = await pointersOf(plane.stores, model)
      return Promise.all(versions.map(version => versionViewOf(services, version, pointers)))
    },
  )
  app.get('/api/v1/models/:model/rollouts', { config: CALLER, schema: { params } }, async request => {
    await modelFor(services, callerIn(request), request.params.model)
    const rollouts = await plane.stores.rollouts.list(request.params.model, 25)
    return Promise.all(rollouts.map(rollout => rolloutViewOf(services, rollout, 'in a list')))
  })
  app.get(
    '/api/v1/versions/:id',
    { config: CALLER, schema: { params: z.object({ id: z.string() }) } },
    async request => {
      const version = await versionFor(services, callerIn(request), request.params.id)
      const records = await plane.stores.versions.records(version.id)
      return { ...(await versionViewOf(services, version)), manifest: version.manifest, records }
    },
  )
  app.post(
    '/api/v1/models/:model/rollback',
    {
      config: CALLER,
      schema: {
        params,
        body: z.object({
          /** A number, or whatever names a version. */
          version: z.union([z.number().int().min(1), z.string()]).optional(),
          environment: z.string().default('production'),
          reason: z.string().max(500).optional(),
        }),
      },
    },
    async request => {
      const caller = callerIn(request)
      await modelFor(services, caller, request.params.model, 'rollout.control')
      const { version, environment, reason } = request.body
      const number =
        typeof version === 'string'
          ? (await resolveVersion(plane.stores, request.params.model, version)).number
          : version
      return rolloutViewOf(
        services,
        await services.rolloutActions.rollback(request.params.model, environment, caller.principal.name, {
          number,
          reason,
        }),
      )
    },
  )
  promoteRoute(app, services)
  // Whatever a client sends goes on as it came: an image, a JSON request whose numbers nobody rounds.
  app.register(async raw => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    raw.post<{ Params: { model: string } }>(
      '/api/v1/models/:model/try',
      { config: CALLER },
      async (request, reply) => {
        const caller = callerIn(request)
        await modelFor(services, caller, request.params.model, 'model.predict')
        // The server asks by its own token, which no limit holds.
        if (isLimited(caller.token.limits))
          throw new ServerError('FORBIDDEN', {
            message: 'The predictions of this token are limited, and counted by gateways alone',
            hint: 'Send them to the gateway.',
          })
        return forwardPrediction(services, request.params.model, request, reply)
      },
    )
  })
}

function promoteRoute(app: App, services: Services): void {
  const { stores } = services.plane
  const environment = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  const body = z.object({ from: environment, to: environment })
  app.post(
    '/api/v1/models/:model/promote',
    { config: CALLER, schema: { params, body, response: { 200: promotedSchema } } },
    async request => {
      const caller = callerIn(request)
      const { model } = request.params
      await modelFor(services, caller, model, 'rollout.control')
      const { job, version } = await promoteVersion(services, caller, { model, ...request.body })
      const pipeline = await stores.pipelines.pipeline(job.pipeline)
      const rollout = await stores.rollouts.byJob(job.id)
      return {
        version: { id: version.id, number: version.number },
        job: {
          id: job.id,
          name: job.plan.name,
          pipeline: pipeline?.number ?? 0,
          state: job.state,
          reason: job.reason ?? null,
        },
        rollout: rollout ? await rolloutViewOf(services, rollout) : null,
      }
    },
  )
}
