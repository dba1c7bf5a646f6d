import type { ProjectId } from '../../../core/index.ts'
import type { Caller } from '../../access/authenticate.ts'
import type { NumberedChange } from '../../changes.ts'
import type { Services } from '../../services.ts'
import { callerIn } from '../guard.ts'
import { openEventStream } from '../sse.ts'
import type { App } from '../types.ts'
import { whileValid } from '../while-valid.ts'

/** More than these are waiting for their rights to be looked up: the reader is cut off and comes back. */
const MAX_WAITING = 10_000

/** GET /api/v1/events: what changed, in projects that the caller may read. */
export function eventRoutes(app: App, services: Services): void {
  const { changes } = services.plane
  app.get('/api/v1/events', { config: { access: { kind: 'caller' } } }, (request, reply) => {
    const caller = callerIn(request)
    const last = Number(request.headers['last-event-id'])
    reply.hijack()
    const stream = openEventStream(reply.raw)
    const readable = readableProjects(services, caller)
    // One after the other: a reader that resumes behind an id has seen everything before it.
    let sending = Promise.resolve()
    let waiting = 0
    const send = ({ id, change }: NumberedChange) => {
      if (++waiting > MAX_WAITING) return stream.close()
      sending = sending
        .then(async () => {
          if (stream.open && (await readable(change.project)))
            stream.send({ event: 'change', id, data: change })
        })
        .catch(() => stream.close())
        .finally(() => waiting--)
    }
    stream.onClose(changes.on(send))
    stream.onClose(whileValid(services, caller, stream))
    if (!Number.isSafeInteger(last) || last <= 0) return
    const missed = changes.since(last)
    if (!missed) stream.send({ event: 'reset', data: {} })
    else for (const change of missed) send(change)
  })
}

/** Remembers for a short while, since changes come in bursts about one project. */
function readableProjects(
  { plane, authenticator }: Services,
  caller: Caller,
): (project: string) => Promise<boolean> {
  const known = new Map<string, { readonly until: number; readonly may: Promise<boolean> }>()
  return project => {
    const entry = known.get(project)
    if (entry && entry.until > Date.now()) return entry.may
    const may = plane.stores.access
      .project(project as ProjectId)
      .then(found => (found ? authenticator.may(caller, 'project.read', found) : false))
    known.set(project, { until: Date.now() + 5_000, may })
    return may
  }
}
