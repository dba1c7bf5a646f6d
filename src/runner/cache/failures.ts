import { RunnerError } from '../errors.ts'

/** Whether an error means that the attempt is no longer ours, or is being left: then caches are no matter. */
export function isAboutAttempt(error: unknown): boolean {
  if (error instanceof RunnerError) return error.code === 'LEASE_LOST'
  return error instanceof Error && error.name === 'AbortError'
}
