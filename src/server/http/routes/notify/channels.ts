import { z } from 'zod'
import type { Project } from '../../../../access/index.ts'
import {
  channelBodySchema,
  channelChangeSchema,
  channelSetSchema,
  channelViewSchema,
  noticeViewSchema,
  notifySettingsSchema,
} from '../../../../api/index.ts'
import type { Channel } from '../../../../notify/index.ts'
import { notFound } from '../../../errors.ts'
import { allow, allowances } from '../../../notifications/allowed.ts'
import { addChannel, changeChannel } from '../../../notifications/channels.ts'
import type { Services } from '../../../services.ts'
import { channelView, noticeView } from '../../../views/notify.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
const PATH = '/api/v1/projects/:project/channels'
const params = z.object({ project: z.string() })
/** A channel by its name. */
const one = params.extend({ channel: z.string() })
const DEFAULT_LOG = 50
const MAX_LOG = 200

/** Where a project's news go, for its maintainers. Targets come in and never go out. */
export function channelRoutes(app: App, services: Services): void {
  const { plane } = services
  app.get(
    PATH,
    { config: CALLER, schema: { params, response: { 200: z.array(channelViewSchema) } } },
    async request => {
      const project = await forMaintainers(services, request)
      const channels = await plane.stores.notify.channels(project.id)
      return Promise.all(channels.map(channel => channelView(plane, channel)))
    },
  )
  app.post(
    PATH,
    { config: CALLER, schema: { params, body: channelBodySchema, response: { 201: channelSetSchema } } },
    async (request, reply) => {
      const project = await forMaintainers(services, request)
      const { channel, secret = null } = await addChannel(plane, project, request.body)
      return reply.status(201).send({ channel: await channelView(plane, channel), secret })
    },
  )
  app.put(
    `${PATH}/:channel`,
    {
      config: CALLER,
      schema: { params: one, body: channelChangeSchema, response: { 200: channelSetSchema } },
    },
    async request => {
      const before = await find(services, request)
      const { channel, secret = null } = await changeChannel(plane, before, request.body)
      return { channel: await channelView(plane, channel), secret }
    },
  )
  app.delete(`${PATH}/:channel`, { config: CALLER, schema: { params: one } }, async (request, reply) => {
    const channel = await find(services, request)
    await plane.stores.notify.removeChannel(channel.id)
    return reply.status(204).send()
  })
  noticeRoutes(app, services)
  settingRoutes(app, services)
}

/** What a channel was told, and a test of it. */
function noticeRoutes(app: App, services: Services): void {
  const { plane } = services
  app.post(
    `${PATH}/:channel/test`,
    { config: CALLER, schema: { params: one, response: { 202: noticeViewSchema } } },
    async (request, reply) => {
      const channel = await find(services, request)
      const told = { kind: 'test', by: callerIn(request).principal.name } as const
      const { notify } = plane.stores
      const id = await notify.tell(channel.id, told, plane.clock.now())
      const notice = await notify.notice(id)
      if (!notice) throw notFound('notice', id)
      return reply.status(202).send(await noticeView(plane, channel, notice))
    },
  )
  app.get(
    `${PATH}/:channel/notices`,
    {
      config: CALLER,
      schema: {
        params: one,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(MAX_LOG).default(DEFAULT_LOG) }),
        response: { 200: z.array(noticeViewSchema) },
      },
    },
    async request => {
      const channel = await find(services, request)
      const notices = await plane.stores.notify.notices(channel.id, request.query.limit)
      return Promise.all(notices.map(notice => noticeView(plane, channel, notice)))
    },
  )
}

function settingRoutes(app: App, { plane }: Services): void {
  const { settings } = plane.stores
  app.get(
    '/api/v1/settings/notifications',
    { config: ADMIN, schema: { response: { 200: notifySettingsSchema } } },
    async () => ({ allow: [...(await allowances(settings))] }),
  )
  app.put(
    '/api/v1/settings/notifications',
    { config: ADMIN, schema: { body: notifySettingsSchema } },
    async (request, reply) => {
      await allow(settings, request.body.allow)
      return reply.status(204).send()
    },
  )
}

type In<Params> = Parameters<typeof callerIn>[0] & { readonly params: Params }

function forMaintainers(services: Services, request: In<z.infer<typeof params>>): Promise<Project> {
  return projectFor(services, callerIn(request), request.params.project, 'notifications.set')
}

async function find(services: Services, request: In<z.infer<typeof one>>): Promise<Channel> {
  const project = await forMaintainers(services, request)
  const { channel: name } = request.params
  const channels = await services.plane.stores.notify.channels(project.id)
  const channel = channels.find(each => each.name === name)
  if (!channel) throw notFound('channel', name)
  return channel
}
