import { homedir, userInfo } from 'node:os'
import type { Dialect, PlannedJob } from '../../../pipeline/index.ts'

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
  const isPassed = (name: string) => PASSED.has(name) || name.startsWith('LC_') || also.includes(name)
  const passed = Object.entries(own).filter(([name]) => isPassed(name))
  const user = userInfo().username
  return {
    HOME: homedir(),
    USER: user,
    LOGNAME: user,
    LANG: 'C.UTF-8',
    ...(Object.fromEntries(passed) as Variables),
  }
}

export interface Layers {
  readonly plan: PlannedJob
  /** By the dialect. */
  readonly predefined: Variables
  /** Of the jobs before it. */
  readonly dotenv: Variables
  readonly secrets: Variables
  /** Given with the run: they outrank all others. */
  readonly given: Variables
}

/** Everything that a job finds defined, later layers over earlier ones, with references put in. */
export function layered(layers: Layers, expand: Dialect['expandVariables'] | undefined): Variables {
  const { plan, predefined, dotenv, secrets, given } = layers
  const all = { ...predefined, ...plan.env, ...dotenv, ...secrets, ...given }
  if (!plan.expand || !expand) return all
  // What is defined for the job is as it is; what files and people wrote may refer to it.
  const literal = new Set([...(plan.literal ?? []), ...Object.keys(secrets), ...Object.keys(dotenv)])
  const written = Object.keys({ ...plan.env, ...given }).filter(
    name => Object.hasOwn(given, name) || !literal.has(name),
  )
  if (!written.some(name => all[name]!.includes('$'))) return all
  const referring = new Set(written)
  return expand(all, new Set(Object.keys(all).filter(name => !referring.has(name))))
}
