import { z } from 'zod'
import { isProtectedRef, type Project } from '../../../../access/index.ts'
import {
  mergeBodySchema,
  mergeRequestBodySchema,
  mergeRequestChangeSchema,
  mergeRequestViewSchema,
} from '../../../../api/index.ts'
import { type CommitId, isoOf } from '../../../../core/index.ts'
import type { MergeRequest } from '../../../../pipeline/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { conflict, notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { summaryOf } from '../../../views/pipelines.ts'
import { isoOrNull } from '../../../views/times.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const PATH = '/api/v1/projects/:project/merge-requests'
const params = z.object({ project: z.string() })
const one = params.extend({ number: z.coerce.number().int().min(1).max(999_999_999) })
const page = z.object({
  state: z.enum(['open', 'merged', 'closed']).optional(),
  before: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})
const shown = { response: { 200: mergeRequestViewSchema } }

export function mergeRequestRoutes(app: App, services: Services): void {
  const { triggers } = services.plane.stores
  app.get(
    PATH,
    {
      config: CALLER,
      schema: { params, querystring: page, response: { 200: z.array(mergeRequestViewSchema) } },
    },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      const { state, before, limit } = request.query
      const found = await triggers.mergeRequests(project.id, {
        limit,
        ...(state && { state }),
        ...(before !== undefined && { before }),
      })
      return Promise.all(found.map(other => viewOf(services, project, other)))
    },
  )
  app.post(
    PATH,
    {
      config: CALLER,
      schema: { params, body: mergeRequestBodySchema, response: { 201: mergeRequestViewSchema } },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.push')
      const content = { ...request.body, target: request.body.target ?? project.defaultBranch }
      const { number } = await services.mergeRequests.create(project, caller.principal, content)
      return reply.status(201).send(await viewAgain(services, project, number))
    },
  )
  app.get(`${PATH}/:number`, { config: CALLER, schema: { params: one, ...shown } }, async request => {
    const { project, found } = await find(services, callerIn(request), request.params)
    const conflicts = found.state === 'open' ? await services.mergeRequests.conflicts(project, found) : []
    return { ...(await viewOf(services, project, found)), conflicts: conflicts ? [...conflicts] : null }
  })
  app.put(
    `${PATH}/:number`,
    { config: CALLER, schema: { params: one, body: mergeRequestChangeSchema, ...shown } },
    async request => {
      const { project, found } = await find(services, callerIn(request), request.params, 'project.push')
      const change = Object.fromEntries(
        Object.entries(request.body).filter(([, value]) => value !== undefined),
      )
      if (!(await triggers.changeMergeRequest({ ...found, ...change })))
        throw conflict(`!${found.number} is ${found.state}`, 'Only an open one is changed.')
      return viewAgain(services, project, found.number)
    },
  )
  endRoutes(app, services)
}

function endRoutes(app: App, services: Services): void {
  app.post(
    `${PATH}/:number/merge`,
    { config: CALLER, schema: { params: one, body: mergeBodySchema, ...shown } },
    async request => {
      const caller = callerIn(request)
      const { project, found } = await find(services, caller, request.params, 'project.push')
      if (isProtectedRef(project, `refs/heads/${found.target}`))
        await services.authenticator.need(caller, 'project.push-protected', project)
      await services.mergeRequests.merge(project, found, caller.principal, {
        method: request.body.method,
        head: request.body.head as CommitId | undefined,
      })
      return viewAgain(services, project, found.number)
    },
  )
  app.post(`${PATH}/:number/close`, { config: CALLER, schema: { params: one, ...shown } }, async request => {
    const { project, found } = await find(services, callerIn(request), request.params, 'project.push')
    await services.mergeRequests.close(found)
    return viewAgain(services, project, found.number)
  })
}

async function find(
  services: Services,
  caller: Caller,
  { project: name, number }: z.infer<typeof one>,
  right: 'project.read' | 'project.push' = 'project.read',
): Promise<{ readonly project: Project; readonly found: MergeRequest }> {
  const project = await projectFor(services, caller, name, right)
  const found = await services.plane.stores.triggers.mergeRequest(project.id, number)
  if (!found) throw notFound('merge request', `${name}!${number}`)
  return { project, found }
}

async function viewAgain(services: Services, project: Project, number: number) {
  const found = await services.plane.stores.triggers.mergeRequest(project.id, number)
  if (!found) throw notFound('merge request', `${project.name}!${number}`)
  return viewOf(services, project, found)
}

async function viewOf({ plane, mergeRequests }: Services, project: Project, request: MergeRequest) {
  const author = await plane.stores.access.principal(request.author)
  const pipeline = await mergeRequests.pipelineOf(request)
  return {
    number: request.number,
    project: project.name,
    title: request.title,
    description: request.description,
    source: request.source,
    target: request.target,
    state: request.state,
    head: request.head,
    author: author?.name ?? request.author,
    needsSuccess: request.needsSuccess,
    draft: request.draft,
    labels: [...request.labels],
    external: request.external ?? null,
    mergeCommit: request.mergeCommit ?? null,
    pipeline: pipeline ? await summaryOf(plane, pipeline) : null,
    conflicts: null,
    createdAt: isoOf(request.createdAt),
    endedAt: isoOrNull(request.endedAt),
  }
}
