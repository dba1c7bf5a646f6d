import type { FrameClient } from '../../frames/index.ts'
import { idlest, type Link } from '../pool.ts'
import type { Choice } from './admission.ts'
import type { Target } from './routing.ts'

export interface Found {
  readonly target: Target
  readonly link: Link
  readonly client: FrameClient
}

/**
 * A replica for a request: of its own arm, then of stable; another than `before`, which lost it, if there is one.
 * Undefined where it has to wait.
 */
export function findReplica({ target, route, pinned }: Choice, before: Link | undefined): Found | undefined {
  const now = performance.now()
  const found = findIn(target, before, now)
  if (found !== undefined || pinned || route.stable === undefined || route.stable === target) return found
  // What starts just now is waited for, not answered by another version in its place.
  if (target.links.some(link => link.waking(now))) return undefined
  return findIn(route.stable, before, now)
}

function findIn(target: Target, before: Link | undefined, now: number): Found | undefined {
  const link = idlest(target.links, before, now) ?? (before && idlest(target.links, undefined, now))
  const client = link?.client
  return link === undefined || client === undefined ? undefined : { target, link, client }
}
