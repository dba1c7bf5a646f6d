import type { Project } from '../../../access/index.ts'
import { newId, type PrincipalId } from '../../../core/index.ts'
import type { Schedule } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { conflict } from '../../errors.ts'
import { checkVariables } from '../given.ts'
import { needRef } from '../refs.ts'
import { checkCron, nextRun } from './cron.ts'

/** More is one that makes schedules by mistake. */
const MAX_SCHEDULES = 50

/** What a person says of a schedule. */
export type ScheduleContent = Pick<
  Schedule,
  'description' | 'cron' | 'timeZone' | 'ref' | 'variables' | 'inputs' | 'active'
>

/** Throws REQUEST_INVALID, NOT_FOUND for its ref, STATE_CONFLICT when there are too many. */
export async function addSchedule(
  plane: ControlPlane,
  project: Project,
  owner: PrincipalId,
  content: ScheduleContent,
): Promise<Schedule> {
  const there = await plane.stores.triggers.schedules(project.id)
  if (there.length >= MAX_SCHEDULES)
    throw conflict(`${project.name} has ${there.length} schedules already`, 'Remove those that nobody needs.')
  const schedule: Schedule = {
    id: newId('schedule'),
    project: project.id,
    createdAt: plane.clock.now(),
    ...(await checked(plane, project, owner, content)),
  }
  await plane.stores.triggers.addSchedule(schedule)
  return schedule
}

/** Whoever changes it owns it from then on: it never runs what its owner did not say. */
export async function changeSchedule(
  plane: ControlPlane,
  project: Project,
  owner: PrincipalId,
  before: Schedule,
  content: ScheduleContent,
): Promise<Schedule> {
  const { nextRunAt: _, ...rest } = before
  const schedule = { ...rest, ...(await checked(plane, project, owner, content)) }
  await plane.stores.triggers.changeSchedule(schedule)
  return schedule
}

async function checked(
  plane: ControlPlane,
  project: Project,
  owner: PrincipalId,
  { description, cron, timeZone, ref, variables, inputs, active }: ScheduleContent,
) {
  const now = plane.clock.now()
  checkCron(cron, timeZone, now)
  checkVariables(variables)
  const found = await needRef(plane, project, ref)
  const nextRunAt = active ? nextRun(cron, timeZone, now) : undefined
  return {
    description,
    cron,
    timeZone,
    ref: found.ref,
    variables,
    inputs,
    owner,
    active,
    ...(nextRunAt !== undefined && { nextRunAt }),
  }
}
