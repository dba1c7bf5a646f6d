import { closeSync, openSync } from 'node:fs'

/**
 * The moments between two durable steps: what is written before one of them must be enough to go on from. The
 * tests kill the server at each; nothing else looks at them.
 */
export const BOUNDARIES = [
  'push-journalled',
  'refs-moved',
  'pipelines-made',
  'push-accepted',
  'job-claimed',
  'version-registered',
  'attempt-ending',
  'attempt-ended',
  'job-moved',
  'rollout-added',
  'evidence-counted',
  'evidence-saved',
  'rollout-updated',
  'rollout-published',
] as const
/** The same of the registry's store, whose work goes on beside every push. */
export const STORE_BOUNDARIES = [
  'object-landed',
  'object-indexed',
  'pack-written',
  'pack-committed',
  'pack-indexed',
  'whole-evicted',
  'object-forgotten',
  'pack-rewritten',
  'pack-forgotten',
] as const
/** Between a notice that a channel has taken and the row that says so. */
type NoticeBoundary = 'notice-taken'
export type Boundary = (typeof BOUNDARIES)[number] | (typeof STORE_BOUNDARIES)[number] | NoticeBoundary

const [killAt, marker] = (process.env['BALLAST_KILL_AT'] ?? '').split('=')

/**
 * Marks a boundary. With `BALLAST_KILL_AT=<boundary>=<marker file>` in its environment the process kills itself
 * here (SIGKILL, as a power cut would), once: the marker file, made exclusively, is there the second time.
 */
export function boundary(name: Boundary): void {
  if (killAt !== name || !marker) return
  try {
    closeSync(openSync(marker, 'wx'))
  } catch {
    return
  }
  process.kill(process.pid, 'SIGKILL')
}
