import { z } from 'zod'
import { type ApprovalRule, type Project, ROLES } from '../../../../access/index.ts'
import {
  listedPolicySchema,
  type PolicyView,
  policySchema,
  projectSchema,
  protectedRefsSchema,
} from '../../../../api/index.ts'
import { isoOf, parseCalendar, type WrittenCalendar } from '../../../../core/index.ts'
import { parseGate } from '../../../../evaluate/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { conflict, notFound } from '../../../errors.ts'
import { policyOf } from '../../../pipelines/policy.ts'
import { createProject, deleteProject } from '../../../projects.ts'
import type { Services } from '../../../services.ts'
import { policiesOf, policyViewOf } from '../../../views/policies.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ project: z.string() })

export function projectRoutes(app: App, services: Services): void {
  const { plane, authenticator } = services
  const { access } = plane.stores
  const view = async (caller: Caller, project: Project) => ({
    id: project.id,
    name: project.name,
    defaultBranch: project.defaultBranch,
    createdAt: isoOf(project.createdAt),
    remote: `${plane.settings.publicUrl}/${project.name}.git`,
    role: (await authenticator.roleIn(caller, project.id)) ?? null,
  })

  app.get(
    '/api/v1/projects',
    { config: CALLER, schema: { response: { 200: z.array(projectSchema) } } },
    async request => {
      const caller = callerIn(request)
      const projects: Project[] = []
      for (const project of await access.projects())
        if (await authenticator.may(caller, 'project.read', project)) projects.push(project)
      return Promise.all(projects.map(project => view(caller, project)))
    },
  )
  app.post(
    '/api/v1/projects',
    {
      config: { access: { kind: 'right', right: 'project.create' } },
      schema: {
        body: z.object({
          name: z.string().max(200),
          defaultBranch: z
            .string()
            .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/)
            .optional(),
        }),
        response: { 201: projectSchema },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await createProject(
        plane,
        request.body.name,
        caller.principal,
        request.body.defaultBranch,
      )
      return reply.status(201).send(await view(caller, project))
    },
  )
  app.get(
    '/api/v1/projects/:project',
    { config: CALLER, schema: { params, response: { 200: projectSchema } } },
    async request => {
      const caller = callerIn(request)
      return view(caller, await projectFor(services, caller, request.params.project))
    },
  )
  app.delete('/api/v1/projects/:project', { config: CALLER, schema: { params } }, async (request, reply) => {
    const project = await projectFor(
      services,
      callerIn(request),
      request.params.project,
      'project.administer',
    )
    const { rollouts } = plane.stores
    const serving = [
      ...(await rollouts.deployments()),
      ...(await rollouts.inPhases(['queued', 'preparing', 'progressing'])),
    ].filter(deployment => deployment.project === project.id)
    if (serving.length > 0)
      throw conflict(
        `${project.name} serves ${serving.map(({ model }) => model).join(', ')}`,
        'A project whose models serve is not deleted.',
      )
    await deleteProject(plane, project)
    await services.projectCaches.remove(project.id)
    return reply.status(204).send()
  })
  memberRoutes(app, services)
  policyRoutes(app, services)
  protectionRoutes(app, services)
}

function memberRoutes(app: App, services: Services): void {
  const { access } = services.plane.stores
  app.get('/api/v1/projects/:project/members', { config: CALLER, schema: { params } }, async request => {
    const project = await projectFor(services, callerIn(request), request.params.project)
    return (await access.members(project.id)).map(({ principal, role }) => ({
      principal: principal.name,
      role,
    }))
  })
  app.put(
    '/api/v1/projects/:project/members/:principal',
    {
      config: CALLER,
      schema: {
        params: params.extend({ principal: z.string() }),
        body: z.object({ role: z.enum(ROLES).nullable() }),
      },
    },
    async (request, reply) => {
      const project = await projectFor(
        services,
        callerIn(request),
        request.params.project,
        'project.administer',
      )
      const principal = await access.principalByName(request.params.principal)
      if (!principal) throw notFound('principal', request.params.principal)
      await access.setRole(principal.id, project.id, request.body.role ?? undefined)
      await services.publisher.publish()
      return reply.status(204).send()
    },
  )
}

function policyRoutes(app: App, services: Services): void {
  const { access } = services.plane.stores
  const inEnvironment = params.extend({ environment: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/) })
  app.get(
    '/api/v1/projects/:project/policies',
    { config: CALLER, schema: { params, response: { 200: z.array(listedPolicySchema) } } },
    async request =>
      policiesOf(services.plane, await projectFor(services, callerIn(request), request.params.project)),
  )
  app.get(
    '/api/v1/projects/:project/policies/:environment',
    { config: CALLER, schema: { params: inEnvironment, response: { 200: policySchema } } },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      return policyViewOf(await policyOf(services.plane, project, request.params.environment))
    },
  )
  app.put(
    '/api/v1/projects/:project/policies/:environment',
    { config: CALLER, schema: { params: inEnvironment, body: policySchema.omit({ environment: true }) } },
    async (request, reply) => {
      const project = await projectFor(
        services,
        callerIn(request),
        request.params.project,
        'project.administer',
      )
      for (const gate of request.body.gates) parseGate(gate)
      const { approvers, limits, calendar, approval, from, ...rest } = request.body
      if (from === request.params.environment)
        throw conflict(
          `${from} can not take its versions from itself`,
          'Name the environment that comes before it.',
        )
      await access.setPolicy(project.id, {
        environment: request.params.environment,
        ...rest,
        ...(approvers && { approvers }),
        ...(limits && { limits }),
        ...(approval && { approval: ruleOf(approval) }),
        ...(from !== undefined && { from }),
        ...(calendar && hasWindows(calendar) && { calendar: parseCalendar(calendar) }),
      })
      await services.publisher.publish()
      return reply.status(204).send()
    },
  )
}

function ruleOf({ byOthers, expiresMs }: NonNullable<PolicyView['approval']>): ApprovalRule {
  return { byOthers, ...(expiresMs !== undefined && { expiresMs }) }
}

function hasWindows({ freeze, schedule }: WrittenCalendar): boolean {
  return freeze.length + schedule.length > 0
}

const [HEADS, TAGS] = ['refs/heads/', 'refs/tags/']
/** A push is checked against each. */
const MAX_PATTERNS = 50
const pattern = z.string().regex(/^[A-Za-z0-9_.*/-]{1,200}$/)

/** Refs that only maintainers move, beside the default branch. */
function protectionRoutes(app: App, services: Services): void {
  const { access } = services.plane.stores
  app.get(
    '/api/v1/projects/:project/protected-refs',
    { config: CALLER, schema: { params, response: { 200: protectedRefsSchema } } },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      const below = (prefix: string) =>
        (project.protectedRefs ?? [])
          .filter(ref => ref.startsWith(prefix))
          .map(ref => ref.slice(prefix.length))
      return { branches: below(HEADS), tags: below(TAGS) }
    },
  )
  app.put(
    '/api/v1/projects/:project/protected-refs',
    {
      config: CALLER,
      schema: {
        params,
        body: z.object({
          branches: z.array(pattern).max(MAX_PATTERNS),
          tags: z.array(pattern).max(MAX_PATTERNS),
        }),
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      const { branches, tags } = request.body
      await access.protectRefs(project.id, [
        ...new Set([...branches.map(name => HEADS + name), ...tags.map(name => TAGS + name)]),
      ])
      return reply.status(204).send()
    },
  )
}
