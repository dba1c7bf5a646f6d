import type { JobWork, Phase } from '../../../../types.ts'
import type { JobKeys } from '../../keywords/job/job.ts'

/** GitLab Runner's own, where RUNNER_AFTER_SCRIPT_TIMEOUT says nothing else. */
const AFTER_SCRIPT_TIMEOUT = 5 * 60_000

const STOPS = { onFailure: 'stop', freshShell: true } as const

/**
 * Three shells: before the repository is there; `before_script` and `script` together; `after_script`, which runs
 * in any case and changes nothing about the result.
 */
export function phasesOf(keys: JobKeys): Extract<JobWork, { kind: 'script' }> {
  const { hooks, before_script, after_script } = keys
  const script = keys.script ?? keys.run
  const phase = (
    steps: readonly string[] | undefined,
    rest: Pick<Phase, 'name' | 'result' | 'when' | 'timeout'>,
  ): Phase[] => (steps && steps.length > 0 ? [{ ...STOPS, ...rest, steps }] : [])
  return {
    kind: 'script',
    shell: 'bash',
    phases: [
      ...phase(hooks?.pre_get_sources_script.commands, {
        name: 'pre_get_sources',
        result: 'failed',
        when: 'success',
      }),
      ...phase([...(before_script?.commands ?? []), ...(script?.commands ?? [])], {
        name: 'script',
        result: 'failed',
        when: 'success',
      }),
      ...phase(after_script?.commands, {
        name: 'after_script',
        result: 'ignored',
        when: 'always',
        timeout: AFTER_SCRIPT_TIMEOUT,
      }),
    ],
  }
}
