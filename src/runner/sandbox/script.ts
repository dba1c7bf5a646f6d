/** Names that a shell refuses to set, or that would change how the rest of the script is read. */
const NOT_SET = new Set([
  'IFS',
  'ENV',
  'BASH_ENV',
  'PPID',
  'UID',
  'EUID',
  'SHELLOPTS',
  'BASHOPTS',
  'BASH_VERSINFO',
  'OPTIND',
])
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

export interface JobScript {
  /** Where it begins. */
  readonly folder: string
  /** A file that it makes first of all: without it the sandbox never ran. */
  readonly begun: string
  readonly env: Readonly<Record<string, string>>
  /**
   * The user's commands, each told to the log before it runs; or one command of ours. It does not take the
   * shell's place: the first process of a namespace is deaf to its own signals, and could not abort.
   */
  readonly run:
    | { readonly kind: 'steps'; readonly steps: readonly string[] }
    | { readonly kind: 'command'; readonly command: readonly string[] }
}

/**
 * The script that runs inside the sandbox, for `sh -e`: sets the job's environment, then runs its steps in one
 * shell, so that `cd` and variables last. Each step is evaluated on its own: one with an unclosed quote fails
 * at its turn and doesn't swallow the next.
 */
export function jobScript({ folder, begun, env, run }: JobScript): string {
  const exports = Object.entries(env)
    .filter(([name, value]) => settable(name) && !value.includes('\0'))
    .map(([name, value]) => `export ${name}=${quote(value)}`)
  const body =
    run.kind === 'command'
      ? [run.command.map(quote).join(' ')]
      : run.steps.map(step => `printf '%s\\n' ${quote(`$ ${step.trimEnd()}`)}\neval ${quote(step)}`)
  return `${[`: > ${quote(begun)}`, ...exports, `cd ${quote(folder)}`, ...body].join('\n')}\n`
}

/** Whether a shell can hold a variable of this name. */
export function settable(name: string): boolean {
  return NAME.test(name) && !NOT_SET.has(name)
}

/** One word for `sh`, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
