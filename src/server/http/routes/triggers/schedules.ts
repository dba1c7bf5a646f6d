import { z } from 'zod'
import { isProtectedRef, type Project } from '../../../../access/index.ts'
import { scheduleBodySchema, scheduleRunSchema, scheduleViewSchema } from '../../../../api/index.ts'
import { isoOf, type ScheduleId } from '../../../../core/index.ts'
import type { Schedule } from '../../../../pipeline/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { needRef } from '../../../triggers/refs.ts'
import { addSchedule, changeSchedule, type ScheduleContent } from '../../../triggers/schedules/actions.ts'
import { isoOrNull } from '../../../views/times.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ project: z.string() })
const one = params.extend({ id: z.string() })
const PATH = '/api/v1/projects/:project/schedules'

/** Schedules of a project, for those who may start its pipelines by hand. */
export function scheduleRoutes(app: App, services: Services): void {
  const { plane } = services
  app.get(
    PATH,
    { config: CALLER, schema: { params, response: { 200: z.array(scheduleViewSchema) } } },
    async request => {
      const project = await forControl(services, callerIn(request), request.params.project)
      const schedules = await plane.stores.triggers.schedules(project.id)
      return Promise.all(schedules.map(schedule => viewOf(services, schedule)))
    },
  )
  app.post(
    PATH,
    { config: CALLER, schema: { params, body: scheduleBodySchema, response: { 201: scheduleViewSchema } } },
    async (request, reply) => {
      const caller = callerIn(request)
      const project = await forControl(services, caller, request.params.project)
      const content = await contentFor(services, caller, project, request.body)
      const schedule = await addSchedule(plane, project, caller.principal.id, content)
      return reply.status(201).send(await viewOf(services, schedule))
    },
  )
  app.put(
    `${PATH}/:id`,
    {
      config: CALLER,
      schema: { params: one, body: scheduleBodySchema, response: { 200: scheduleViewSchema } },
    },
    async request => {
      const caller = callerIn(request)
      const { project, schedule } = await ownOrMaintained(services, caller, request.params)
      const content = await contentFor(services, caller, project, request.body)
      return viewOf(services, await changeSchedule(plane, project, caller.principal.id, schedule, content))
    },
  )
  app.delete(`${PATH}/:id`, { config: CALLER, schema: { params: one } }, async (request, reply) => {
    const { schedule } = await ownOrMaintained(services, callerIn(request), request.params)
    await plane.stores.triggers.removeSchedule(schedule.id)
    return reply.status(204).send()
  })
  app.post(
    `${PATH}/:id/run`,
    { config: CALLER, schema: { params: one, response: { 200: scheduleRunSchema } } },
    async request => {
      const caller = callerIn(request)
      const { project, schedule } = await find(services, caller, request.params)
      await needProtected(services, caller, project, schedule.ref)
      return { outcome: await services.schedules.runNow(schedule) }
    },
  )
}

function forControl(services: Services, caller: Caller, name: string): Promise<Project> {
  return projectFor(services, caller, name, 'pipeline.control')
}

async function find(services: Services, caller: Caller, { project: name, id }: z.infer<typeof one>) {
  const project = await forControl(services, caller, name)
  const schedule = await services.plane.stores.triggers.schedule(id as ScheduleId)
  if (schedule?.project !== project.id) throw notFound('schedule', id)
  return { project, schedule }
}

async function ownOrMaintained(services: Services, caller: Caller, at: z.infer<typeof one>) {
  const found = await find(services, caller, at)
  if (found.schedule.owner !== caller.principal.id)
    await services.authenticator.need(caller, 'project.push-protected', found.project)
  return found
}

async function contentFor(
  services: Services,
  caller: Caller,
  project: Project,
  body: z.infer<typeof scheduleBodySchema>,
): Promise<ScheduleContent> {
  const { ref } = await needRef(services.plane, project, body.ref ?? project.defaultBranch)
  await needProtected(services, caller, project, ref)
  return { ...body, ref }
}

/** What runs on a protected ref has its secrets. */
async function needProtected(services: Services, caller: Caller, project: Project, ref: string) {
  if (isProtectedRef(project, ref))
    await services.authenticator.need(caller, 'project.push-protected', project)
}

async function viewOf({ plane }: Services, schedule: Schedule) {
  const owner = await plane.stores.access.principal(schedule.owner)
  return {
    id: schedule.id,
    description: schedule.description,
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    ref: schedule.ref,
    variables: { ...schedule.variables },
    inputs: Object.fromEntries(
      Object.entries(schedule.inputs).map(([name, value]) => [
        name,
        typeof value === 'object' ? [...value] : value,
      ]),
    ),
    owner: owner?.name ?? schedule.owner,
    active: schedule.active,
    nextRunAt: isoOrNull(schedule.nextRunAt),
    lastRunAt: isoOrNull(schedule.lastRunAt),
    lastOutcome: schedule.lastOutcome ?? null,
    createdAt: isoOf(schedule.createdAt),
  }
}
