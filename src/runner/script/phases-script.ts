import type { JobPhase } from '../received.ts'
import type { ShellName } from './job-script.ts'
import { quote } from './quote.ts'
import { sectionName } from './sections.ts'

export interface PhasesScript {
  readonly shell: ShellName
  readonly phases: readonly JobPhase[]
  /** What sets the environment. */
  readonly begin: readonly string[]
  readonly folder: string
  readonly out: string
  readonly given: string
  readonly trace: boolean
  /** Whether phases are marked as sections of the log. */
  readonly sections: boolean
}

const GREEN = '\x1b[32;1m'
const CYAN = '\x1b[36;1m'
const PLAIN = '\x1b[0;m'
const ERASE = '\x1b[0K'

/**
 * A script for several phases. Without arguments it is the driver: it stays alive through all of them and starts
 * shells (itself, with the number of a phase) that run a phase and those after it that share its shell. What
 * happened is in files of `out`, each written by one `printf`, and whole once it ends with a newline:
 *
 *   driver    its process, as itself sees it
 *   phase     `2 running success`: which phase, whether it runs or ended, how the job stands with it
 *   code      exit code of the first step that failed in a phase that goes on
 *   decided   `failed 3 2`: outcome, exit code and number of the first phase that decided
 *
 * A shell that ends within a phase (`set -e`, `exit`, a signal) ends that phase; the driver goes on with the next
 * in a new shell. A file `stop` in `given` means that the job was canceled: only phases that always run are left.
 */
export function phasesScript(script: PhasesScript): string {
  const { phases, begin, out, folder } = script
  return `set +e
ballast_out=${quote(out)}
ballast_stop=${quote(`${script.given}/stop`)}
${FUNCTIONS}
ballast_due() {
  case "$1:$2" in
    ${phases.map((phase, n) => `${n + 1}:${statusOf(phase)}`).join(' | ')}) return 0 ;;
  esac
  return 1
}
ballast_decide() {
  case "$1" in
${phases.map(({ result }, n) => `    ${n + 1}) ballast_result=${result} ;;`).join('\n')}
  esac
  if [ "$2" = 0 ] || [ "$ballast_result" = ignored ]; then return 0; fi
  if [ "$ballast_status" = success ]; then
    printf '%s %s %s\\n' "$ballast_result" "$2" "$1" >| "$ballast_out/decided"
    ballast_status=failed
  fi
  return 0
}
${section(script)}
if [ $# = 0 ]; then
${begin.join('\n')}
${driver(script)}
fi
ballast_from=$1 ballast_status=$2
cd ${quote(folder)} || exit 1
${phases.map((phase, n) => inShell(script, phase, n)).join('\n')}
exit 0
`
}

/** Functions that print where a phase's section begins and ends. */
function section({ phases, sections }: PhasesScript): string {
  if (!sections) return 'ballast_open() { :; }\nballast_close() { :; }'
  return `ballast_section() {
  ballast_now=$(date +%s 2> /dev/null) || ballast_now=0
  case "$2" in
${phases
  .map(
    ({ name }, n) =>
      `    ${n + 1}) ballast_name=${quote(sectionName(name))} ballast_title=${quote(`${ERASE}${CYAN}${name}${PLAIN}`)} ;;`,
  )
  .join('\n')}
  esac
  if [ "$1" = end ]; then ballast_title=; fi
  printf 'section_%s:%s:%s\\r\\033[0K%s\\n' "$1" "$ballast_now" "$ballast_name" "$ballast_title"
}
ballast_open() { ballast_section start "$1"; }
ballast_close() { ballast_section end "$1"; }`
}

const FUNCTIONS = `ballast_begin() {
  if [ "$ballast_from" -gt "$1" ]; then return 1; fi
  if [ -e "$ballast_stop" ]; then ballast_status=canceled; fi
  if ballast_due "$1" "$ballast_status"; then :; else return 1; fi
  ballast_code=0
  : >| "$ballast_out/code"
  printf '%s running %s\\n' "$1" "$ballast_status" >| "$ballast_out/phase"
  ballast_open "$1"
}
ballast_failed() {
  if [ "$1" != 0 ] && [ "$ballast_code" = 0 ]; then
    ballast_code=$1
    printf '%s\\n' "$1" >| "$ballast_out/code"
  fi
  return 0
}
ballast_end() {
  ballast_close "$1"
  ballast_decide "$1" "$ballast_code"
  printf '%s ended %s\\n' "$1" "$ballast_status" >| "$ballast_out/phase"
}`

/** How the job must stand for a phase to run, as a pattern. A job that was canceled has not failed. */
function statusOf({ when }: JobPhase): string {
  return { success: 'success', failure: 'failed', always: '*' }[when]
}

function driver({ shell, phases }: PhasesScript): string {
  const program = shell === 'bash' ? '$(command -v bash || echo /bin/sh)' : '/bin/sh'
  return `set +e
printf '%s\\n' "$$" > "$ballast_out/driver"
ballast_shell=${program}
ballast_next=1 ballast_status=success
while [ "$ballast_next" -le ${phases.length} ]; do
  if [ -e "$ballast_stop" ]; then ballast_status=canceled; fi
  if ballast_due "$ballast_next" "$ballast_status"; then :; else
    ballast_next=$((ballast_next + 1))
    continue
  fi
  printf '%s starting %s\\n' "$ballast_next" "$ballast_status" >| "$ballast_out/phase"
  "$ballast_shell" "$0" "$ballast_next" "$ballast_status"
  ballast_code=$?
  read -r ballast_at ballast_word ballast_status < "$ballast_out/phase"
  if [ "$ballast_word" != ended ]; then
    if [ "$ballast_word" = running ]; then ballast_close "$ballast_at"; fi
    if [ "$ballast_code" = 0 ]; then read -r ballast_code < "$ballast_out/code" || ballast_code=0; fi
    if [ -e "$ballast_stop" ]; then ballast_status=canceled; else ballast_decide "$ballast_at" "$ballast_code"; fi
  fi
  ballast_next=$((ballast_at + 1))
done
if read -r ballast_word ballast_code ballast_at 2> /dev/null < "$ballast_out/decided"; then exit "$ballast_code"; fi
exit 0`
}

/** What comes after the work learns how it went, by GitLab's name for it. */
function jobStatus({ when }: JobPhase): string {
  return when === 'success' ? ':' : 'export CI_JOB_STATUS="$ballast_status"'
}

/** One phase, as it runs in a shell that began with it or with one before it. */
function inShell(script: PhasesScript, phase: JobPhase, n: number): string {
  const number = n + 1
  const end = script.phases[number]?.freshShell
    ? `\nif [ "$ballast_from" -le ${number} ]; then exit 0; fi`
    : ''
  const options = [
    phase.onFailure === 'stop' ? 'set -e' : 'set +e',
    ...(script.shell === 'bash'
      ? ['if (set -o pipefail) 2> /dev/null; then set -o pipefail; fi', 'set +C']
      : []),
    ...(script.trace ? ['set -x'] : []),
  ]
  return `if ballast_begin ${number}; then
${jobStatus(phase)}
${options.join('\n')}
${stepsOf(script.shell, phase)}
{ set +ex; } 2> /dev/null
ballast_end ${number}
fi${end}`
}

function stepsOf(shell: ShellName, { steps, onFailure }: JobPhase): string {
  if (onFailure === 'continue') {
    return steps
      .map(step => `${told(shell, step)}\ncommand eval ${quote(step)}\nballast_failed $?`)
      .join('\n')
  }
  if (shell === 'sh') return steps.map(step => `${told(shell, step)}\neval ${quote(step)}`).join('\n')
  return `eval ${quote(steps.map(step => `${told(shell, step)}\n${step}`).join('\n'))}`
}

/** Tells a step to the log. Of several lines the first is told, as GitLab does. */
function told(shell: ShellName, step: string): string {
  const text = step.trimEnd()
  if (shell === 'sh') return `printf '%s\\n' ${quote(`$ ${text}`)}`
  const [first = '', ...rest] = text.split('\n')
  const line =
    rest.length > 0 ? `${first} # ${rest.length} more ${rest.length === 1 ? 'line' : 'lines'}` : first
  return `printf '%s\\n' ${quote(`${GREEN}$ ${line}${PLAIN}`)}`
}
