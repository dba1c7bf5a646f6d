import type { JobWork } from './types.ts'

/** Work of one phase: commands by `sh -e`, the first that fails fails the job. */
export function commands(steps: readonly string[]): Extract<JobWork, { kind: 'script' }> {
  return {
    kind: 'script',
    shell: 'sh',
    phases: [{ name: 'run', steps, onFailure: 'stop', result: 'failed', when: 'success', freshShell: false }],
  }
}
