import type { Phase } from '../../../../pipeline/index.ts'

export type ShellName = 'sh' | 'bash'

const GREEN = '\u001b[32;1m'
const PLAIN = '\u001b[0;m'

/**
 * Whether each phase can be a process of its own: none goes on in the shell of the one before, and each ends at its
 * first failure. So are all of GitLab's and of ballast.yaml's; then a job costs one process, and nothing is left
 * to a script to decide.
 */
export function isPlain(phases: readonly Phase[]): boolean {
  return phases.every(({ onFailure, freshShell }, n) => onFailure === 'stop' && (n === 0 || freshShell))
}

/**
 * A phase as a script. bash: all steps as one
 * script, so that a loop may go over several. sh: each step on its own.
 */
export function scriptOf(shell: ShellName, { steps }: Phase, trace: boolean): string {
  const begin = [shell === 'bash' ? 'set -eo pipefail' : 'set -e', ...(trace ? ['set -x'] : [])]
  const lines = steps.map(step =>
    shell === 'bash' ? `${told(step)}\n${step}` : `${told(step)}\neval ${quote(step)}`,
  )
  return `${[...begin, ...lines].join('\n')}\n`
}

/** Tells a step to the log before it runs; of several lines the first. */
function told(step: string): string {
  const [first = '', ...rest] = step.trimEnd().split('\n')
  const more = rest.length > 0 ? ` # and ${rest.length} more ${rest.length === 1 ? 'line' : 'lines'}` : ''
  return `printf '%s\\n' ${quote(`${GREEN}$ ${first}${more}${PLAIN}`)}`
}

/** One word for a shell, whatever it holds. */
export function quote(word: string): string {
  return word.includes("'") ? `'${word.replaceAll("'", `'\\''`)}'` : `'${word}'`
}
