import { type CommitId, type Instant, newId } from '../../../core/index.ts'
import { isRefName } from '../../../git/index.ts'
import type { MergeRequest, Mirror } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { MirrorSync } from '../sync.ts'
import { type HookEvent, readEvent, type ToldMergeRequest } from './events.ts'
import type { Verified } from './verify.ts'

/** Forges deliver again for some days at most. */
const REMEMBER_MS = 30 * 24 * 3_600_000

export type Received = 'pong' | 'accepted' | 'known already' | 'unreadable' | `ignored: ${string}`

/**
 * Takes a delivery whose sender is known, once: what it tells of a merge request is stored, and a synchronisation
 * made due, before it is answered. A delivery that is sent again changes nothing; that the remote is asked again is
 * no harm.
 */
export async function receive(
  plane: ControlPlane,
  sync: MirrorSync,
  mirror: Mirror,
  verified: Verified,
  payload: unknown,
): Promise<Received> {
  const { triggers } = plane.stores
  const event = readEvent(mirror.forge, verified.event, payload)
  if (event === undefined) return 'unreadable'
  const refusal = refusalOf(event)
  if (refusal !== undefined) return refusal
  const now = plane.clock.now()
  const delivery = { hook: mirror.hook, ...verified, receivedAt: now }
  const repeated = await triggers.knowsDelivery(delivery)
  // Remembered last: what a crash cuts off is told again by the next delivery of it, and telling twice is no harm.
  if (!repeated && event.kind === 'merge request') await tellRequest(plane, mirror, event.request)
  await sync.want(mirror.project)
  if (repeated) return 'known already'
  await triggers.addDelivery(delivery, (now - REMEMBER_MS) as Instant)
  return 'accepted'
}

function refusalOf(event: HookEvent): Received | undefined {
  if (event.kind === 'ping') return 'pong'
  if (event.kind === 'ignored') return `ignored: ${event.reason}`
  if (event.kind !== 'merge request') return undefined
  const { source, target, fork, state } = event.request
  // What a stranger proposes is not run: it would run on the project's runners.
  if (fork && state === 'open') return 'ignored: it comes from a fork'
  if (!isRefName(`refs/heads/${source}`) || !isRefName(`refs/heads/${target}`)) return 'unreadable'
  return undefined
}

async function tellRequest(plane: ControlPlane, mirror: Mirror, told: ToldMergeRequest): Promise<void> {
  const { triggers } = plane.stores
  const external = `${mirror.forge}#${told.number}`
  const there = await triggers.externalMergeRequest(mirror.project, external)
  const { title, description, target, draft, labels, state } = told
  const now = plane.clock.now()
  if (!there) {
    if (state !== 'open') return
    const request: Omit<MergeRequest, 'number'> = {
      id: newId('mergeRequest'),
      project: mirror.project,
      ...{ title, description, target, draft, labels, state, external },
      source: told.source,
      head: told.head as CommitId,
      author: mirror.owner,
      needsSuccess: false,
      createdAt: now,
    }
    await triggers.addMergeRequest(request)
    return
  }
  if (there.state !== state) await triggers.moveMergeRequest(there.id, there.state, state, { now })
  if (state === 'open')
    await triggers.changeMergeRequest({ ...there, title, description, target, draft, labels })
}
