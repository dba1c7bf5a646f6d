import { AccessError } from './errors.ts'

export const MAX_PROJECT_NAME = 100
/** `group/subgroup/name`. */
const MAX_SEGMENTS = 3
const SEGMENT = /^[a-z0-9][a-z0-9._-]*$/

/** First segments that are addresses of the server's own, or may become some. */
export const RESERVED_NAMES: readonly string[] = [
  'admin',
  'api',
  'approvals',
  'assets',
  'blobs',
  'explore',
  'favicon.ico',
  'git',
  'healthz',
  'help',
  'info',
  'jobs',
  'login',
  'logout',
  'metrics',
  'models',
  'new',
  'pipelines',
  'predict',
  'projects',
  'readyz',
  'robots.txt',
  'rollouts',
  'runners',
  'session',
  'settings',
  'static',
  'tokens',
  'v1',
  'v2',
]

/**
 * The name of a project, which is part of URLs and Git addresses: `digits`, `team/digits`. A `.git` at the end,
 * as in a clone's address, is not part of it. Throws PROJECT_NAME_INVALID with the rule that it breaks.
 */
export function parseProjectName(text: string): string {
  const name = text.endsWith('.git') ? text.slice(0, -'.git'.length) : text
  const broken = brokenRule(name)
  if (broken === undefined) return name
  throw new AccessError('PROJECT_NAME_INVALID', {
    message: `'${text.slice(0, 120)}' can't name a project: ${broken}`,
    hint: 'Such as digits or team/digits: lower-case letters, digits, dots, underscores and hyphens.',
    details: { name: text.slice(0, 120) },
  })
}

function brokenRule(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.length > MAX_PROJECT_NAME) return `it has ${name.length} characters, over ${MAX_PROJECT_NAME}`
  const segments = name.split('/')
  if (segments.length > MAX_SEGMENTS) return `it has ${segments.length} parts, over ${MAX_SEGMENTS}`
  for (const segment of segments) {
    if (!SEGMENT.test(segment))
      return `'${segment}' is not lower-case letters, digits, '.', '_' or '-' that begin with a letter or digit`
    if (segment.includes('..')) return `'${segment}' has two dots in a row`
    if (/\.(git|lock)$/.test(segment)) return `'${segment}' ends as files of Git do`
    if (segment.endsWith('.')) return `'${segment}' ends with a dot`
  }
  if (RESERVED_NAMES.includes(segments[0]!)) return `'${segments[0]}' is an address of the server itself`
  return undefined
}
