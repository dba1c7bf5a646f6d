import { z } from 'zod'
import { groupScope, isSecretName, type SealedSecret, type SecretScope } from '../../../../access/index.ts'
import { secretSchema, secretSetSchema } from '../../../../api/index.ts'
import { isoOf } from '../../../../core/index.ts'
import { sealSecret } from '../../../access/secret-values.ts'
import { conflict, notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

/** Runners hide no shorter one in base64: too short a text occurs by chance. */
const MIN_BYTES = 8
/** Linux takes 128 KiB for one variable of a process. */
const MAX_BYTES = 64 * 1024
/** An offer carries them all, and the log is searched for each. */
const MAX_SECRETS = 100
/** Of sealed text, a third more than the values: they share 2 MiB of a process with its other variables. */
const MAX_SEALED_LENGTH = 512 * 1024

const CALLER = { access: { kind: 'caller' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
const inProject = z.object({ project: z.string() })
const inGroup = z.object({ group: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/) })
const name = z.string().refine(isSecretName, {
  error: 'capitals, digits and _ (100 at most), and no name that the system or Ballast uses',
})
const environment = z
  .string()
  .regex(/^[A-Za-z0-9_./*-]{1,100}$/)
  .default('*')
const place = z.object({ environment })
const body = z
  .object({
    value: z
      .string()
      .max(MAX_BYTES)
      .refine(value => Buffer.byteLength(value) <= MAX_BYTES, { error: `at most ${MAX_BYTES} bytes` })
      .refine(value => !value.includes('\0') && value.isWellFormed(), {
        error: 'no NUL and no half of a character: no variable can hold them',
      }),
    environment,
    kind: z.enum(['variable', 'file']).default('variable'),
    protected: z.boolean().default(true),
    masked: z.boolean().default(true),
    literal: z.boolean().default(true),
  })
  .refine(({ masked, value }) => !masked || Buffer.byteLength(value.trim()) >= MIN_BYTES, {
    error: `at least ${MIN_BYTES} bytes without the space around it, or logs could not hide it`,
    path: ['value'],
  })

/** Secrets of a project, by its admins, and of a group, by the server's. Values come in and never go out. */
export function secretRoutes(app: App, services: Services): void {
  const { access } = services.plane.stores
  app.get(
    '/api/v1/projects/:project/secrets',
    { config: CALLER, schema: { params: inProject, response: { 200: z.array(secretSchema) } } },
    async request => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      return list(services, project.id)
    },
  )
  app.put(
    '/api/v1/projects/:project/secrets/:name',
    {
      config: CALLER,
      schema: { params: inProject.extend({ name }), body, response: { 200: secretSetSchema } },
    },
    async request => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      await set(services, project.id, request.params.name, request.body)
      return { projects: [project.name] }
    },
  )
  app.delete(
    '/api/v1/projects/:project/secrets/:name',
    { config: CALLER, schema: { params: inProject.extend({ name: z.string() }), querystring: place } },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      const { name } = request.params
      if (!(await access.removeSecret(project.id, name, request.query.environment)))
        throw notFound('secret', name)
      return reply.status(204).send()
    },
  )
  groupRoutes(app, services)
}

function groupRoutes(app: App, services: Services): void {
  const { access } = services.plane.stores
  app.get(
    '/api/v1/groups/:group/secrets',
    { config: ADMIN, schema: { params: inGroup, response: { 200: z.array(secretSchema) } } },
    async request => list(services, groupScope(request.params.group)),
  )
  app.put(
    '/api/v1/groups/:group/secrets/:name',
    {
      config: ADMIN,
      schema: { params: inGroup.extend({ name }), body, response: { 200: secretSetSchema } },
    },
    async request => {
      const { group, name } = request.params
      await set(services, groupScope(group), name, request.body)
      const projects = (await access.projects()).map(project => project.name)
      return { projects: projects.filter(project => project.startsWith(`${group}/`)) }
    },
  )
  app.delete(
    '/api/v1/groups/:group/secrets/:name',
    { config: ADMIN, schema: { params: inGroup.extend({ name: z.string() }), querystring: place } },
    async (request, reply) => {
      const { group, name } = request.params
      if (!(await access.removeSecret(groupScope(group), name, request.query.environment)))
        throw notFound('secret', name)
      return reply.status(204).send()
    },
  )
}

async function list({ plane }: Services, scope: SecretScope) {
  return (await plane.stores.access.secrets(scope)).map(({ sealed: _sealed, createdAt, ...secret }) => ({
    ...secret,
    createdAt: isoOf(createdAt),
  }))
}

async function set(
  services: Services,
  scope: SecretScope,
  name: string,
  { value, ...attributes }: z.infer<typeof body>,
): Promise<void> {
  const { stores, vault, clock } = services.plane
  const sealed = await sealSecret(vault, scope, { name, environment: attributes.environment }, value)
  const secret: SealedSecret = { name, sealed, createdAt: clock.now(), ...attributes }
  await checkRoom(services, scope, secret)
  await stores.access.setSecret(scope, secret)
}

async function checkRoom({ plane }: Services, scope: SecretScope, secret: SealedSecret): Promise<void> {
  const others = (await plane.stores.access.secrets(scope)).filter(
    other => other.name !== secret.name || other.environment !== secret.environment,
  )
  const length = others.reduce((sum, other) => sum + other.sealed.length, secret.sealed.length)
  if (others.length < MAX_SECRETS && length <= MAX_SEALED_LENGTH) return
  throw conflict(
    `There are ${others.length} other secrets, ${length} characters sealed with this one; at most ${MAX_SECRETS} and ${MAX_SEALED_LENGTH}`,
    'Remove what no job needs.',
  )
}
