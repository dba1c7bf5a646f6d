import type { Instant } from '../core/index.ts'
import type { Deployment } from './ports.ts'

/** What is kept loaded of a deployment: its version before only until the end of its hold. */
export function heldAt(deployment: Deployment, now: Instant): Deployment {
  const { previous: _previous, previousUntil, ...rest } = deployment
  return previousUntil === undefined || now < previousUntil ? deployment : rest
}
