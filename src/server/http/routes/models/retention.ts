import { z } from 'zod'
import type { Project } from '../../../../access/index.ts'
import { retentionReportSchema, retentionViewSchema } from '../../../../api/index.ts'
import { checkRetention, type RetentionPolicy, type RetentionRules } from '../../../../registry/index.ts'
import { notFound } from '../../../errors.ts'
import type { ModelVerdicts } from '../../../registry/versions/retention.ts'
import type { Services } from '../../../services.ts'
import { retentionViewOf } from '../../../views/versions.ts'
import { projectFor } from '../../find.ts'
import { namedModel, readableProjects } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
/** What a policy is for: a model, or all of a project's. */
const scope = z.object({ project: z.string().optional(), model: z.string().optional() })
const body = scope.extend({
  rules: z.object({
    keepLast: z.number().optional(),
    keepDays: z.number().optional(),
    keepParents: z.number().optional(),
  }),
  dryRun: z.boolean().default(false),
})
const answer = z.object({ policy: retentionViewSchema, models: z.array(retentionReportSchema) })

export function retentionRoutes(app: App, services: Services): void {
  const { plane, retention } = services
  app.get(
    '/api/v1/retention',
    { config: CALLER, schema: { response: { 200: z.array(retentionViewSchema) } } },
    async request => {
      const readable = new Map(
        (await readableProjects(services, callerIn(request))).map(({ id, name }) => [id, name]),
      )
      return (await plane.stores.versions.retention()).flatMap(policy => {
        const project = readable.get(policy.project)
        return project === undefined ? [] : [retentionViewOf(policy, project)]
      })
    },
  )
  app.put(
    '/api/v1/retention',
    { config: CALLER, schema: { body, response: { 200: answer } } },
    async request => {
      const { rules, dryRun, ...scope } = request.body
      const caller = callerIn(request)
      const project = await scopeFor(services, request, scope, dryRun ? 'project.read' : 'retention.set')
      const policy: RetentionPolicy = {
        project: project.id,
        ...(scope.model !== undefined && { model: scope.model }),
        rules: checkRetention(given(rules)),
        setAt: plane.clock.now(),
        setBy: caller.principal.name,
      }
      if (!dryRun) await plane.stores.versions.setRetention(policy)
      const done = dryRun ? await retention.preview(policy) : await retention.apply(policy)
      return { policy: retentionViewOf(policy, project.name), models: done.map(reportOf) }
    },
  )
  app.delete(
    '/api/v1/retention',
    { config: CALLER, schema: { querystring: scope } },
    async (request, reply) => {
      const project = await scopeFor(services, request, request.query, 'retention.set')
      const { model } = request.query
      if (!(await plane.stores.versions.removeRetention(project.id, model)))
        throw notFound('retention policy', model ?? project.name)
      return reply.status(204).send()
    },
  )
}

async function scopeFor(
  services: Services,
  request: Parameters<typeof callerIn>[0],
  { project, model }: z.infer<typeof scope>,
  right: 'project.read' | 'retention.set',
): Promise<Project> {
  const caller = callerIn(request)
  if (model !== undefined) return namedModel(services, caller, model, right)
  return projectFor(services, caller, project ?? '', right)
}

function given({ keepLast, keepDays, keepParents }: z.infer<typeof body>['rules']): RetentionRules {
  return {
    ...(keepLast !== undefined && { keepLast }),
    ...(keepDays !== undefined && { keepDays }),
    ...(keepParents !== undefined && { keepParents }),
  }
}

function reportOf({ model, verdicts }: ModelVerdicts): z.infer<typeof retentionReportSchema> {
  return { model, versions: verdicts.map(verdict => ({ ...verdict })) }
}
