import { z } from 'zod'
import { isSecretName, type Project } from '../../../access/index.ts'
import { secretSchema } from '../../../api/index.ts'
import { isoOf } from '../../../core/index.ts'
import { conflict, notFound } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { projectFor } from '../find.ts'
import { callerIn } from '../guard.ts'
import type { App } from '../types.ts'

/** Runners hide no shorter one in base64: too short a text occurs by chance. */
const MIN_BYTES = 8
/** Linux takes 128 KiB for one variable of a process. */
const MAX_BYTES = 64 * 1024
/** An offer carries them all, and the log is searched for each. */
const MAX_SECRETS = 100
/** Of sealed text, a third more than the values: they share 2 MiB of a process with its other variables. */
const MAX_SEALED_LENGTH = 512 * 1024

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ project: z.string() })
const named = params.extend({
  name: z.string().refine(isSecretName, {
    error: 'capitals, digits and _ (100 at most), and no name that the system or Ballast uses',
  }),
})
const body = z.object({
  value: z
    .string()
    .max(MAX_BYTES)
    .refine(value => Buffer.byteLength(value) <= MAX_BYTES, { error: `at most ${MAX_BYTES} bytes` })
    .refine(value => Buffer.byteLength(value.trim()) >= MIN_BYTES, {
      error: `at least ${MIN_BYTES} bytes without the space around it, or logs could not hide it`,
    })
    .refine(value => !value.includes('\0') && value.isWellFormed(), {
      error: 'no NUL and no half of a character: no variable can hold them',
    }),
})

/** Secrets of a project, by its admins. Values come in and never go out. */
export function secretRoutes(app: App, services: Services): void {
  const { stores, vault, clock } = services.plane
  const { access } = stores

  app.get(
    '/api/v1/projects/:project/secrets',
    { config: CALLER, schema: { params, response: { 200: z.array(secretSchema) } } },
    async request => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      return (await access.secrets(project.id)).map(({ name, createdAt }) => ({
        name,
        createdAt: isoOf(createdAt),
      }))
    },
  )
  app.put(
    '/api/v1/projects/:project/secrets/:name',
    { config: CALLER, schema: { params: named, body } },
    async (request, reply) => {
      const { name } = request.params
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      const sealed = await vault.seal(project.id, name, request.body.value)
      await checkRoom(services, project, name, sealed)
      await access.setSecret(project.id, name, sealed, clock.now())
      return reply.status(204).send()
    },
  )
  app.delete(
    '/api/v1/projects/:project/secrets/:name',
    { config: CALLER, schema: { params: params.extend({ name: z.string() }) } },
    async (request, reply) => {
      const { name } = request.params
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      if (!(await access.removeSecret(project.id, name))) throw notFound('secret', name)
      return reply.status(204).send()
    },
  )
}

async function checkRoom({ plane }: Services, project: Project, name: string, sealed: string): Promise<void> {
  const others = (await plane.stores.access.secrets(project.id)).filter(other => other.name !== name)
  const length = others.reduce((sum, other) => sum + other.sealed.length, sealed.length)
  if (others.length < MAX_SECRETS && length <= MAX_SEALED_LENGTH) return
  throw conflict(
    `${project.name} has ${others.length} other secrets, ${length} characters sealed with this one; at most ${MAX_SECRETS} and ${MAX_SEALED_LENGTH}`,
    'Remove what no job needs.',
  )
}
