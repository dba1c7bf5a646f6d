import { z } from 'zod'
import {
  mirrorBodySchema,
  mirrorSetSchema,
  mirrorSettingsSchema,
  mirrorViewSchema,
} from '../../../../api/index.ts'
import type { Mirror } from '../../../../pipeline/index.ts'
import { notFound } from '../../../errors.ts'
import { allow, allowances } from '../../../mirrors/address.ts'
import { setMirror } from '../../../mirrors/settings.ts'
import type { Services } from '../../../services.ts'
import { isoOrNull } from '../../../views/times.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
const PATH = '/api/v1/projects/:project/mirror'
const params = z.object({ project: z.string() })

/** Where a project's branches come from, by its admins; what mirrors may reach, by the server's. */
export function mirrorRoutes(app: App, services: Services): void {
  const { stores } = services.plane
  const find = async (request: Parameters<typeof callerIn>[0], name: string) => {
    const project = await projectFor(services, callerIn(request), name, 'project.administer')
    const mirror = await stores.triggers.mirror(project.id)
    if (!mirror) throw notFound('mirror of', name)
    return mirror
  }
  app.get(PATH, { config: CALLER, schema: { params, response: { 200: mirrorViewSchema } } }, async request =>
    viewOf(services, await find(request, request.params.project)),
  )
  app.put(
    PATH,
    { config: CALLER, schema: { params, body: mirrorBodySchema, response: { 200: mirrorSetSchema } } },
    async request => {
      const caller = callerIn(request)
      const project = await projectFor(services, caller, request.params.project, 'project.administer')
      const { forge, apiUrl, credentials, ...rest } = request.body
      const { mirror, hookSecret } = await setMirror(services.plane, project, caller.principal, {
        forge,
        apiUrl,
        credentials,
        ...rest,
      })
      await services.mirrors.want(project.id)
      return { mirror: await viewOf(services, mirror), hookSecret: hookSecret ?? null }
    },
  )
  app.delete(PATH, { config: CALLER, schema: { params } }, async (request, reply) => {
    const mirror = await find(request, request.params.project)
    await stores.triggers.removeMirror(mirror.project)
    return reply.status(204).send()
  })
  app.post(`${PATH}/sync`, { config: CALLER, schema: { params } }, async (request, reply) => {
    const mirror = await find(request, request.params.project)
    await services.mirrors.want(mirror.project)
    return reply.status(202).send()
  })
  settingRoutes(app, services)
}

function settingRoutes(app: App, { plane }: Services): void {
  const { settings } = plane.stores
  app.get(
    '/api/v1/settings/mirrors',
    { config: ADMIN, schema: { response: { 200: mirrorSettingsSchema } } },
    async () => ({ allow: [...(await allowances(settings))] }),
  )
  app.put(
    '/api/v1/settings/mirrors',
    { config: ADMIN, schema: { body: mirrorSettingsSchema } },
    async (request, reply) => {
      await allow(settings, request.body.allow)
      return reply.status(204).send()
    },
  )
}

async function viewOf({ plane }: Services, mirror: Mirror) {
  const owner = await plane.stores.access.principal(mirror.owner)
  return {
    url: mirror.url,
    forge: mirror.forge,
    apiUrl: mirror.apiUrl ?? null,
    hasCredentials: mirror.credentials !== undefined,
    statuses: mirror.statuses,
    owner: owner?.name ?? mirror.owner,
    hookUrl: `${plane.settings.publicUrl}/api/v1/hooks/${mirror.hook}`,
    syncedAt: isoOrNull(mirror.syncedAt),
    outcome: mirror.outcome ?? null,
    due: mirror.wanted > mirror.done,
  }
}
