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

/** Whether a shell can hold a variable of this name. */
export function settable(name: string): boolean {
  return NAME.test(name) && !NOT_SET.has(name)
}

/** One word for `sh`, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
