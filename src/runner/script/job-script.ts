import type { JobPhase } from '../received.ts'
import { phasesScript } from './phases-script.ts'
import { quote, settable } from './quote.ts'

/** Files of rw permission for their owner, read by all. Containers have 0000, as their users differ. */
const UMASK = '0022'

export type ShellName = 'sh' | 'bash'

export interface JobScript {
  /** Where it begins. */
  readonly folder: string
  /** Where it writes what came of it: `begun` first of all, without which the sandbox never ran. */
  readonly out: string
  /** Where it finds what it is given, itself among it. */
  readonly given: string
  readonly env: Readonly<Record<string, string>>
  readonly umask?: string
  /** Whether phases are marked as sections of the log. Absent: yes. */
  readonly sections?: boolean
  /**
   * The user's commands, each told to the log before it runs; or one command of ours. It does not take the
   * shell's place: the first process of a namespace is deaf to its own signals, and could not abort.
   */
  readonly run:
    | { readonly kind: 'phases'; readonly shell: ShellName; readonly phases: readonly JobPhase[] }
    | { readonly kind: 'command'; readonly command: readonly string[] }
}

/**
 * The script that runs inside the sandbox, by `sh -e`: sets the job's environment, then does its work. One phase
 * of `sh` runs in this very shell, so that `cd` and variables last; each step is evaluated on its own: one with
 * an unclosed quote fails at its turn and doesn't swallow the next. More is done by `phasesScript`.
 */
export function jobScript({
  folder,
  out,
  given,
  env,
  umask = UMASK,
  sections = true,
  run,
}: JobScript): string {
  const exports = Object.entries(env)
    .filter(([name, value]) => settable(name) && !value.includes('\0'))
    .map(([name, value]) => `export ${name}=${quote(value)}`)
  const begin = [`: > ${quote(`${out}/begun`)}`, `umask ${umask}`, ...exports, `cd ${quote(folder)}`]
  if (run.kind === 'command') return lines([...begin, run.command.map(quote).join(' ')])
  const trace = isTraced(env)
  if (!isPlain(run)) return phasesScript({ ...run, begin, out, given, folder, trace, sections })
  const steps = run.phases[0]!.steps.map(
    step => `printf '%s\\n' ${quote(`$ ${step.trimEnd()}`)}\neval ${quote(step)}`,
  )
  return lines([...begin, ...(trace ? ['set -x'] : []), ...steps])
}

/** Whether the exit status says all that came of it: one phase, by sh, that ends at the first failure. */
export function isPlain({
  shell,
  phases,
}: {
  readonly shell: ShellName
  readonly phases: readonly JobPhase[]
}): boolean {
  const [phase] = phases
  if (shell !== 'sh' || phases.length !== 1 || !phase) return false
  const { onFailure, result, when, timeout } = phase
  return onFailure === 'stop' && result === 'failed' && when !== 'failure' && timeout === undefined
}

/** GitLab's switch, for every dialect: the shell tells each command that it runs, with its values. */
function isTraced(env: Readonly<Record<string, string>>): boolean {
  return env['CI_DEBUG_TRACE'] === 'true'
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
