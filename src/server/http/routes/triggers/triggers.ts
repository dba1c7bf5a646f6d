import { z } from 'zod'
import { hasRole, isProtectedRef, type Project } from '../../../../access/index.ts'
import {
  inputsSchema,
  pipelineSummarySchema,
  runPipelineSchema,
  variablesSchema,
} from '../../../../api/index.ts'
import type { PrincipalId } from '../../../../core/index.ts'
import type { PipelineEvent } from '../../../../pipeline/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { conflict, notFound, ServerError } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { checkVariables } from '../../../triggers/given.ts'
import { needRef } from '../../../triggers/refs.ts'
import { summaryOf } from '../../../views/pipelines.ts'
import { projectFor } from '../../find.ts'
import { callerIn, unauthenticated } from '../../guard.ts'
import type { App } from '../../types.ts'
import { readForm } from '../forms.ts'

/** A hundred variables of 10,000 characters. */
const MAX_FORM_BYTES = 2 * 1024 * 1024
const params = z.object({ project: z.string() })

/** Pipelines started by hand, by the API, and by upstream systems with a token for that alone. */
export async function triggerRoutes(app: App, services: Services): Promise<void> {
  const { authenticator } = services
  app.post(
    '/api/v1/projects/:project/pipelines',
    {
      config: { access: { kind: 'caller' } },
      schema: { params, body: runPipelineSchema, response: { 201: pipelineSummarySchema } },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'pipeline.control')
      const { ref: name = project.defaultBranch, ...given } = request.body
      const { ref, commit } = await needRef(services.plane, project, name)
      if (isProtectedRef(project, ref)) await authenticator.need(caller, 'project.push-protected', project)
      const event = caller.principal.kind === 'person' ? 'manual' : 'api'
      const by = caller.principal.id
      return reply.status(201).send(await run(services, { project, ref, commit, event, by, ...given }))
    },
  )
  await app.register(async scope => {
    scope.addContentTypeParser(
      ['application/x-www-form-urlencoded', 'multipart/form-data'],
      { parseAs: 'buffer', bodyLimit: MAX_FORM_BYTES },
      (request, body, done) => {
        readForm(body as Buffer, request.headers['content-type'] ?? '').then(
          form => done(null, form),
          (error: Error) => done(error),
        )
      },
    )
    tokenRoute(scope as App, services)
  })
}

/** As a form (`token=…&ref=main&variables[NAME]=value`) or JSON of the same names. */
const triggerBody = z.object({
  token: z.string().min(1).max(200),
  ref: z.string().min(1).max(255),
  variables: variablesSchema.default({}),
  inputs: inputsSchema.default({}),
})

function tokenRoute(app: App, services: Services): void {
  app.post(
    '/api/v1/projects/:project/trigger',
    {
      config: { access: { kind: 'open' } },
      bodyLimit: MAX_FORM_BYTES,
      schema: { params, body: triggerBody, response: { 201: pipelineSummarySchema } },
    },
    async (request, reply) => {
      const { token, ref: name, ...given } = request.body
      const caller = await services.authenticator.caller(token)
      if (!caller) {
        services.logins.take(`token ${request.ip}`)
        throw unauthenticated('This token is unknown, revoked or expired')
      }
      const project = await boundProject(services, caller, request.params.project)
      const { ref, commit } = await needRef(services.plane, project, name)
      const role = await services.authenticator.roleIn(caller, project.id)
      if (isProtectedRef(project, ref) && !hasRole(role, 'maintainer'))
        throw new ServerError('FORBIDDEN', {
          message: `${ref} is protected: only the token of a maintainer starts pipelines on it`,
          hint: 'Ask a maintainer for a token of the scope trigger.',
        })
      const by = caller.principal.id
      return reply.status(201).send(await run(services, { project, ref, commit, event: 'api', by, ...given }))
    },
  )
}

/** A trigger's token reaches the one project that it is bound to. */
async function boundProject(services: Services, caller: Caller, name: string): Promise<Project> {
  const project = await services.plane.stores.access.projectByName(name)
  if (!project || caller.token.project !== project.id) throw notFound('project', name)
  await services.authenticator.need(caller, 'pipeline.trigger', project)
  return project
}

interface Run {
  readonly project: Project
  readonly ref: string
  readonly commit: Awaited<ReturnType<typeof needRef>>['commit']
  readonly event: PipelineEvent
  readonly by: PrincipalId
  readonly variables: z.infer<typeof variablesSchema>
  readonly inputs: z.infer<typeof inputsSchema>
}

async function run({ plane, launcher }: Services, { by, ...request }: Run) {
  checkVariables(request.variables)
  const started = await launcher.launch({ ...request, principal: by })
  if (started.kind === 'pipeline') return summaryOf(plane, started.pipeline)
  throw conflict(`Nothing runs for ${request.ref}: ${started.reason}`, 'Look at its configuration.')
}
