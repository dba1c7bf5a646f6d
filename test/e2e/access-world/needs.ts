export const ROLES = ['reader', 'developer', 'maintainer', 'admin'] as const
export type Role = (typeof ROLES)[number]
export const SCOPES = ['read', 'push', 'predict', 'deploy', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export type Need =
  | 'open'
  | 'anyone'
  | { readonly agent: 'runner' | 'host' | 'gateway' }
  | 'attempt'
  | { readonly scope: Scope; readonly role: Role | 'person' | 'server admin' }

const READ: Need = { scope: 'read', role: 'reader' }
const ADMIN: Need = { scope: 'admin', role: 'admin' }
const SERVER: Need = { scope: 'admin', role: 'server admin' }
const OWN_TOKENS: Need = { scope: 'admin', role: 'person' }
const CONTROL: Need = { scope: 'push', role: 'developer' }
const DEPLOY: Need = { scope: 'deploy', role: 'maintainer' }
/** What each route asks of its caller. A route that is not here fails the test. */
export const NEEDS: Readonly<Record<string, Need>> = {
  'POST /api/v1/session': 'open',
  'GET /api/v1/session': 'anyone',
  'DELETE /api/v1/session': 'anyone',
  'GET /api/v1/me': 'anyone',
  'GET /api/v1/principals': SERVER,
  'POST /api/v1/principals': SERVER,
  'GET /api/v1/tokens': OWN_TOKENS,
  'POST /api/v1/tokens': OWN_TOKENS,
  'DELETE /api/v1/tokens/{id}': OWN_TOKENS,
  'GET /api/v1/projects': 'anyone',
  'POST /api/v1/projects': { scope: 'push', role: 'person' },
  'GET /api/v1/projects/{project}': READ,
  'DELETE /api/v1/projects/{project}': ADMIN,
  'GET /api/v1/projects/{project}/members': READ,
  'PUT /api/v1/projects/{project}/members/{principal}': ADMIN,
  'GET /api/v1/projects/{project}/policies/{environment}': READ,
  'PUT /api/v1/projects/{project}/policies/{environment}': ADMIN,
  'GET /api/v1/projects/{project}/secrets': ADMIN,
  'PUT /api/v1/projects/{project}/secrets/{name}': ADMIN,
  'DELETE /api/v1/projects/{project}/secrets/{name}': ADMIN,
  'GET /api/v1/groups/{group}/secrets': SERVER,
  'PUT /api/v1/groups/{group}/secrets/{name}': SERVER,
  'DELETE /api/v1/groups/{group}/secrets/{name}': SERVER,
  'GET /api/v1/projects/{project}/protected-refs': READ,
  'PUT /api/v1/projects/{project}/protected-refs': ADMIN,
  'POST /api/v1/projects/{project}/pipelines': CONTROL,
  // By a token in its body, which is bound to the project.
  'POST /api/v1/projects/{project}/trigger': 'open',
  'GET /api/v1/projects/{project}/schedules': CONTROL,
  'POST /api/v1/projects/{project}/schedules': CONTROL,
  'PUT /api/v1/projects/{project}/schedules/{id}': CONTROL,
  'DELETE /api/v1/projects/{project}/schedules/{id}': CONTROL,
  'POST /api/v1/projects/{project}/schedules/{id}/run': CONTROL,
  'GET /api/v1/projects/{project}/merge-requests': READ,
  'POST /api/v1/projects/{project}/merge-requests': CONTROL,
  'GET /api/v1/projects/{project}/merge-requests/{number}': READ,
  'PUT /api/v1/projects/{project}/merge-requests/{number}': CONTROL,
  'POST /api/v1/projects/{project}/merge-requests/{number}/merge': CONTROL,
  'POST /api/v1/projects/{project}/merge-requests/{number}/close': CONTROL,
  'GET /api/v1/projects/{project}/mirror': ADMIN,
  'PUT /api/v1/projects/{project}/mirror': ADMIN,
  'DELETE /api/v1/projects/{project}/mirror': ADMIN,
  'POST /api/v1/projects/{project}/mirror/sync': ADMIN,
  'GET /api/v1/settings/mirrors': SERVER,
  'PUT /api/v1/settings/mirrors': SERVER,
  // By a signature of the forge.
  'POST /api/v1/hooks/{id}': 'open',
  'GET /api/v1/projects/{project}/pipelines': READ,
  'GET /api/v1/projects/{project}/pipelines/{number}': READ,
  'GET /api/v1/pipelines/{id}': READ,
  'POST /api/v1/pipelines/{id}/cancel': CONTROL,
  'POST /api/v1/jobs/{id}/cancel': CONTROL,
  'POST /api/v1/jobs/{id}/retry': CONTROL,
  'POST /api/v1/jobs/{id}/play': CONTROL,
  'POST /api/v1/jobs/{id}/approve': DEPLOY,
  'GET /api/v1/projects/{project}/environments': READ,
  'GET /api/v1/environments/{id}': READ,
  'POST /api/v1/environments/{id}/stop': CONTROL,
  'GET /api/v1/projects/{project}/releases': READ,
  'GET /api/v1/projects/{project}/releases/{tag}': READ,
  'GET /api/v1/identity/keys': SERVER,
  'POST /api/v1/identity/keys': SERVER,
  // By what others check the identity tokens of jobs.
  'GET /.well-known/openid-configuration': 'open',
  'GET /oauth/discovery/keys': 'open',
  'GET /api/v1/attempts/{id}/log': READ,
  'GET /api/v1/attempts/{id}/log/stream': READ,
  'GET /api/v1/attempts/{id}/log/times': READ,
  'GET /api/v1/attempts/{id}/artifacts/{*}': READ,
  'GET /api/v1/models': 'anyone',
  'GET /api/v1/models/{model}': READ,
  'GET /api/v1/models/{model}/versions': READ,
  'GET /api/v1/models/{model}/rollouts': READ,
  'GET /api/v1/versions/{id}': READ,
  'POST /api/v1/models/{model}/rollback': DEPLOY,
  'POST /api/v1/models/{model}/try': { scope: 'predict', role: 'reader' },
  'GET /api/v1/rollouts/{id}': READ,
  'POST /api/v1/rollouts/{id}/promote': DEPLOY,
  'POST /api/v1/rollouts/{id}/abort': DEPLOY,
  'GET /api/v1/events': 'anyone',
  'POST /api/v1/agents/runner/lease': { agent: 'runner' },
  'GET /api/v1/agents/host/stream': { agent: 'host' },
  'POST /api/v1/agents/host/report': { agent: 'host' },
  'GET /api/v1/blobs/{digest}': { agent: 'host' },
  'GET /api/v1/blobs/{digest}/place': { agent: 'host' },
  'GET /api/v1/agents/gateway/stream': { agent: 'gateway' },
  'POST /api/v1/agents/gateway/report': { agent: 'gateway' },
  'POST /api/v1/attempts/{id}/heartbeat': 'attempt',
  'POST /api/v1/attempts/{id}/log': 'attempt',
  'POST /api/v1/attempts/{id}/finish': 'attempt',
  'GET /api/v1/attempts/{id}/source': 'attempt',
  'GET /api/v1/attempts/{id}/lfs': 'attempt',
  'GET /api/v1/attempts/{id}/blobs/{digest}': 'attempt',
  'PUT /api/v1/attempts/{id}/blobs/{digest}': 'attempt',
  'POST /api/v1/attempts/{id}/caches/find': 'attempt',
  'POST /api/v1/attempts/{id}/caches/lacking': 'attempt',
  'GET /api/v1/attempts/{id}/caches/blobs/{digest}': 'attempt',
  'PUT /api/v1/attempts/{id}/caches/blobs/{digest}': 'attempt',
  'POST /api/v1/attempts/{id}/caches/save': 'attempt',
  'GET /api/v1/openapi.json': 'open',
  'GET /healthz': 'open',
  'GET /assets/{*}': 'open',
  'GET /{*}': 'open',
}
