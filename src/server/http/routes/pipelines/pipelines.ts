import { z } from 'zod'
import { isProtectedRef, type Project } from '../../../../access/index.ts'
import {
  logTimesSchema,
  pipelineSummarySchema,
  pipelineViewSchema,
  playJobSchema,
  retryJobSchema,
} from '../../../../api/index.ts'
import type { PipelineId } from '../../../../core/index.ts'
import type { Pipeline } from '../../../../pipeline/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { notFound } from '../../../errors.ts'
import { needApprover } from '../../../pipelines/approval.ts'
import type { Services } from '../../../services.ts'
import { checkVariables } from '../../../triggers/given.ts'
import { jobViewOf, pipelineViewOf, summaryOf } from '../../../views/pipelines.ts'
import { attemptFor, jobFor, pipelineFor, projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'
import { followLog, sendLog } from './logs.ts'

const CALLER = { access: { kind: 'caller' } } as const
const byId = z.object({ id: z.string() })
const page = z.object({
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

export function pipelineRoutes(app: App, services: Services): void {
  const { plane, logs } = services
  app.get(
    '/api/v1/projects/:project/pipelines',
    {
      config: CALLER,
      schema: {
        params: z.object({ project: z.string() }),
        querystring: page,
        response: { 200: z.array(pipelineSummarySchema) },
      },
    },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      const { before, limit } = request.query
      const pipelines = await plane.stores.pipelines.pipelines(project.id, {
        limit,
        ...(before && { before: before as PipelineId }),
      })
      return Promise.all(pipelines.map(pipeline => summaryOf(plane, pipeline)))
    },
  )
  app.get(
    '/api/v1/projects/:project/pipelines/:number',
    {
      config: CALLER,
      schema: {
        params: z.object({ project: z.string(), number: z.coerce.number().int() }),
        response: { 200: pipelineViewSchema },
      },
    },
    async request => {
      const { project: name, number } = request.params
      const project = await projectFor(services, callerIn(request), name)
      const pipeline = await plane.stores.pipelines.pipelineByNumber(project.id, number)
      if (!pipeline) throw notFound('pipeline', `${name} #${number}`)
      return pipelineViewOf(plane, logs, pipeline)
    },
  )
  app.get(
    '/api/v1/pipelines/:id',
    { config: CALLER, schema: { params: byId, response: { 200: pipelineViewSchema } } },
    async request => {
      const { pipeline } = await pipelineFor(services, callerIn(request), request.params.id)
      return pipelineViewOf(plane, logs, pipeline)
    },
  )
  app.post(
    '/api/v1/pipelines/:id/cancel',
    { config: CALLER, schema: { params: byId } },
    async (request, reply) => {
      const caller = callerIn(request)
      const { pipeline } = await pipelineFor(services, caller, request.params.id, 'pipeline.control')
      await services.pipelineActions.cancelPipeline(pipeline.id, caller.principal.name)
      await services.rollouts.reconcileAll()
      return reply.status(204).send()
    },
  )
  jobRoutes(app, services)
  playRoute(app, services)
  logRoutes(app, services)
}

function jobRoutes(app: App, services: Services): void {
  const { plane, logs, pipelineActions } = services
  app.post('/api/v1/jobs/:id/cancel', { config: CALLER, schema: { params: byId } }, async request => {
    const caller = callerIn(request)
    const { job } = await jobFor(services, caller, request.params.id, 'pipeline.control')
    await pipelineActions.cancelJob(job, caller.principal.name)
    await services.rollouts.reconcileAll()
    return jobViewOf(plane, logs, (await plane.stores.pipelines.job(job.id)) ?? job)
  })
  const retry = { params: byId, body: retryJobSchema.nullish() }
  app.post('/api/v1/jobs/:id/retry', { config: CALLER, schema: retry }, async request => {
    const caller = callerIn(request)
    const { job, ...where } = await jobFor(services, caller, request.params.id, 'pipeline.control')
    await needStarter(services, caller, where)
    await pipelineActions.retry(job, request.body?.inputs)
    return jobViewOf(plane, logs, (await plane.stores.pipelines.job(job.id)) ?? job)
  })
  app.post('/api/v1/jobs/:id/approve', { config: CALLER, schema: { params: byId } }, async request => {
    const caller = callerIn(request)
    const { job, project } = await jobFor(services, caller, request.params.id, 'deploy.approve')
    await needApprover(services, caller, project, job)
    await pipelineActions.approve(job, caller.principal.name)
    return jobViewOf(plane, logs, (await plane.stores.pipelines.job(job.id)) ?? job)
  })
}

function playRoute(app: App, services: Services): void {
  const { plane, logs, pipelineActions } = services
  app.post(
    '/api/v1/jobs/:id/play',
    { config: CALLER, schema: { params: byId, body: playJobSchema.nullish() } },
    async request => {
      const caller = callerIn(request)
      const { job, ...where } = await jobFor(services, caller, request.params.id, 'pipeline.control')
      await needStarter(services, caller, where)
      const variables = request.body?.variables ?? {}
      checkVariables(variables)
      await pipelineActions.play(job, caller.principal.name, variables, request.body?.inputs)
      return jobViewOf(plane, logs, (await plane.stores.pipelines.job(job.id)) ?? job)
    },
  )
}

/** A job of a protected ref has the project's secrets: who starts it is who might have started its pipeline. */
async function needStarter(
  services: Services,
  caller: Caller,
  { pipeline, project }: { readonly pipeline: Pipeline; readonly project: Project },
): Promise<void> {
  if (isProtectedRef(project, pipeline.ref))
    await services.authenticator.need(caller, 'project.push-protected', project)
}

/** Logs by byte offset: whole, from where a reader stopped, or followed live. */
function logRoutes(app: App, services: Services): void {
  const offset = z.object({ offset: z.coerce.number().int().min(0).default(0) })
  app.get(
    '/api/v1/attempts/:id/log',
    { config: CALLER, schema: { params: byId, querystring: offset } },
    async (request, reply) => {
      const attempt = await attemptFor(services, callerIn(request), request.params.id)
      return sendLog(services, attempt, request.query.offset, reply)
    },
  )
  app.get(
    '/api/v1/attempts/:id/log/times',
    {
      config: CALLER,
      schema: { params: byId, querystring: offset, response: { 200: logTimesSchema } },
    },
    async request => {
      const attempt = await attemptFor(services, callerIn(request), request.params.id)
      return { times: await services.logs.times.read(attempt.id, request.query.offset) }
    },
  )
  app.get(
    '/api/v1/attempts/:id/log/stream',
    { config: CALLER, schema: { params: byId, querystring: offset } },
    async (request, reply) => {
      const attempt = await attemptFor(services, callerIn(request), request.params.id)
      const resume = Number(request.headers['last-event-id'])
      reply.hijack()
      followLog(
        services,
        attempt,
        Number.isSafeInteger(resume) && resume > 0 ? resume : request.query.offset,
        reply.raw,
      )
    },
  )
}
