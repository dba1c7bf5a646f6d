import type { JobWork, Phase } from '../../../../types.ts'
import type { JobKeys } from '../../keywords/job/job.ts'

/** GitLab Runner's own, where RUNNER_AFTER_SCRIPT_TIMEOUT says nothing else. */
const AFTER_SCRIPT_TIMEOUT = 5 * 60_000

/**
 * Three shells: before the repository is there; `before_script` and `script` together; `after_script`, which runs
 * in any case and changes nothing about the result.
 */
export function phasesOf(keys: JobKeys): Extract<JobWork, { kind: 'script' }> {
  const { hooks, before_script, after_script } = keys
  const script = keys.script ?? keys.run
  const early = hooks?.pre_get_sources_script.commands ?? []
  const steps = [...(before_script?.commands ?? []), ...(script?.commands ?? [])]
  const phases: Phase[] = []
  if (early.length > 0) phases.push(stopping('pre_get_sources', early))
  if (steps.length > 0) phases.push(stopping('script', steps))
  if (after_script && after_script.commands.length > 0) phases.push(last(after_script.commands))
  return { kind: 'script', shell: 'bash', phases }
}

function stopping(name: string, steps: readonly string[]): Phase {
  return { name, steps, onFailure: 'stop', result: 'failed', when: 'success', freshShell: true }
}

function last(steps: readonly string[]): Phase {
  return {
    name: 'after_script',
    steps,
    onFailure: 'stop',
    result: 'ignored',
    when: 'always',
    freshShell: true,
    timeout: AFTER_SCRIPT_TIMEOUT,
  }
}
