import type { Variables } from '../environment.ts'

/** What GitLab takes of one report. */
const MAX_VARIABLES = 150
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `NAME=value` lines; a value is what stands behind the first `=`, as it is. Lines that are none are passed over. */
export function parseDotenv(text: string): Variables {
  const pairs: [string, string][] = []
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(0, at)).trim()
    if (NAME.test(name) && pairs.length < MAX_VARIABLES) pairs.push([name, line.slice(at + 1).trim()])
  }
  return Object.fromEntries(pairs)
}
