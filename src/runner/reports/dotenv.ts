import { type DotenvVariable, MAX_DOTENV_VARIABLES } from '../../api/index.ts'

/** GitLab's own limit. */
export const MAX_DOTENV_BYTES = 5120

export type Dotenv =
  | { readonly variables: readonly DotenvVariable[] }
  | { readonly problems: readonly string[] }

/**
 * Variables of a dotenv report, by GitLab's rules: UTF-8, `NAME=value` on each line, names of letters, digits
 * and `_`. Values are taken as they are, but for white space around them: no quotes, references, comments or
 * empty lines. Of a name that is given twice the last counts.
 *
 *   VERSION = 1.2      VERSION is `1.2`
 *   NAME="a b"         NAME is `"a b"`, with the quotes
 */
export function parseDotenv(bytes: Uint8Array): Dotenv {
  if (bytes.length > MAX_DOTENV_BYTES)
    return { problems: [`it has ${bytes.length} bytes; ${MAX_DOTENV_BYTES} at most are allowed`] }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { problems: ['it is not UTF-8'] }
  }
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const problems: string[] = []
  const variables = new Map<string, string>()
  for (const [i, line] of lines.entries()) {
    const read = readLine(line)
    if (typeof read === 'string') problems.push(`line ${i + 1}: ${read}`)
    else variables.set(read.name, read.value)
  }
  if (variables.size > MAX_DOTENV_VARIABLES)
    problems.push(`it has ${variables.size} variables; ${MAX_DOTENV_VARIABLES} at most are allowed`)
  if (problems.length > 0) return { problems }
  return { variables: Array.from(variables, ([name, value]) => ({ name, value })) }
}

/** A text: what is wrong with it. */
function readLine(line: string): DotenvVariable | string {
  if (line.trim() === '') return 'expected NAME=value, found an empty line'
  const equals = line.indexOf('=')
  if (equals < 0) return 'expected NAME=value, found no ='
  const name = line.slice(0, equals).trim()
  if (!/^[A-Za-z0-9_]{1,255}$/.test(name))
    return `${JSON.stringify(name.slice(0, 80))} is no name: letters, digits and _ only`
  if (line.includes('\0')) return `the value of ${name} has a NUL in it`
  return { name, value: line.slice(equals + 1).trim() }
}
