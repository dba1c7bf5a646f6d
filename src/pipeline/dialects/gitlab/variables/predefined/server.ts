import type { ProjectFacts } from '../../../types.ts'
import type { Predefined } from './table.ts'

/** The version of GitLab whose reference the dialect follows. */
const [MAJOR, MINOR, PATCH] = [18, 5, 0]

export const SERVER: readonly Predefined<ProjectFacts>[] = [
  { name: 'CI_SERVER_URL', value: ({ serverUrl }) => serverUrl },
  { name: 'CI_SERVER_HOST', value: project => addressOf(project)?.hostname },
  { name: 'CI_SERVER_PORT', value: project => portOf(project) },
  { name: 'CI_SERVER_PROTOCOL', value: project => addressOf(project)?.protocol.slice(0, -1) },
  {
    name: 'CI_SERVER_FQDN',
    note: 'with the port, unless it is the usual one',
    value: project => addressOf(project)?.host,
  },
  { name: 'CI_SERVER_NAME', value: () => 'Ballast' },
  {
    name: 'CI_SERVER_VERSION',
    note: 'of GitLab, whose reference is followed',
    value: () => `${MAJOR}.${MINOR}.${PATCH}`,
  },
  { name: 'CI_SERVER_VERSION_MAJOR', value: () => `${MAJOR}` },
  { name: 'CI_SERVER_VERSION_MINOR', value: () => `${MINOR}` },
  { name: 'CI_SERVER_VERSION_PATCH', value: () => `${PATCH}` },
  {
    name: 'CI_API_V4_URL',
    note: 'the address that GitLab would have; Ballast has its own API at /api/v1',
    value: ({ serverUrl }) => `${serverUrl}/api/v4`,
  },
]

function addressOf({ serverUrl }: ProjectFacts): URL | undefined {
  return URL.canParse(serverUrl) ? new URL(serverUrl) : undefined
}

function portOf(project: ProjectFacts): string | undefined {
  const address = addressOf(project)
  return address && (address.port || (address.protocol === 'https:' ? '443' : '80'))
}
