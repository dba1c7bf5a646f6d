import { homedir, userInfo } from 'node:os'
import type { PlannedJob } from '../../../pipeline/index.ts'

/** What a job gets of the user's own environment: who and where, the language, the way out. Nothing that is secret. */
const PASSED: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'TZ',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'DOCKER_HOST',
  'XDG_RUNTIME_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
])

export type Variables = Readonly<Record<string, string>>

/** Of this process' environment what a job may see, and the variables that were named for it. */
export function hostEnvironment(own: NodeJS.ProcessEnv, also: readonly string[]): Variables {
  const names = Object.keys(own).filter(
    name => PASSED.has(name) || name.startsWith('LC_') || also.includes(name),
  )
  const user = userInfo().username
  return {
    HOME: homedir(),
    USER: user,
    LOGNAME: user,
    LANG: 'C.UTF-8',
    ...Object.fromEntries(names.map(name => [name, own[name] ?? ''])),
  }
}

export interface JobVariables {
  readonly plan: PlannedJob
  readonly host: Variables
  /** By the dialect. */
  readonly predefined: Variables
  /** Of the jobs before it. */
  readonly dotenv: Variables
  /** Given with the run: they outrank all others. */
  readonly given: Variables
  readonly secrets: Variables
}

/** Everything that a job finds defined, later ones over earlier ones, with references put in. */
export function environmentOf({ plan, host, predefined, dotenv, given, secrets }: JobVariables): Variables {
  const all = { ...predefined, ...plan.env, ...dotenv, ...secrets, ...given }
  const known = new Map([...Object.entries(host), ...Object.entries(all)])
  const literal = new Set([...(plan.literal ?? []), ...Object.keys(secrets), ...Object.keys(dotenv)])
  const expanded = Object.keys(all)
    .filter(name => !name.includes('=') && name !== '')
    .map(name => {
      const value = known.get(name)!
      const isPlain = !plan.expand || literal.has(name) || Object.hasOwn(predefined, name)
      return [name, (isPlain ? value : expand(value, known, literal, [name])).replaceAll('\0', '')] as const
    })
  return { ...host, ...Object.fromEntries(expanded) }
}

/** `$$` and longer chains of references end somewhere; a text that doubles with each does not. */
const MAX_DEPTH = 20
const MAX_VALUE = 64 * 1024

function expand(
  text: string,
  known: ReadonlyMap<string, string>,
  literal: ReadonlySet<string>,
  path: readonly string[],
): string {
  if (!text.includes('$')) return text
  let length = 0
  return text.replace(/\$\$|\$(\w+)|\$\{(\w+)\}/g, (reference, plain?: string, braced?: string) => {
    const name = plain ?? braced
    if (name === undefined) return '$'
    if (path.includes(name)) return reference
    const value = known.get(name) ?? ''
    const deep =
      literal.has(name) || path.length > MAX_DEPTH ? value : expand(value, known, literal, [...path, name])
    length += deep.length
    return length > MAX_VALUE ? '' : deep
  })
}
