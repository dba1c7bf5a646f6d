import type { JobWork } from '../types.ts'

/** Work of one phase: commands by `sh -e`, the first that fails fails the job. */
export function commands(steps: readonly string[]): Extract<JobWork, { kind: 'script' }> {
  return {
    kind: 'script',
    shell: 'sh',
    phases: [{ name: 'run', steps, onFailure: 'stop', result: 'failed', when: 'success', freshShell: false }],
  }
}

/**
 * Stands for the job's workspace in values that are made before its runner is known: variables
 * (`CI_PROJECT_DIR`), paths of artifacts and caches. The runner puts the path in its place.
 */
export const WORKSPACE_PLACE = '/workspace-of-the-job'
