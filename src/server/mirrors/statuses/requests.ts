import type { Forge, ForgeState, Mirror } from '../../../pipeline/index.ts'
import type { Credentials } from '../credentials.ts'

export interface StatusFacts {
  readonly commit: string
  readonly state: ForgeState
  /** Names the series of statuses of a commit that this one goes on with. */
  readonly context: string
  /** `main`, for GitLab. */
  readonly ref: string
  readonly url: string
  readonly description: string
}

export interface ForgeRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What GitHub and Gitea cut, or refuse. */
const MAX_DESCRIPTION = 140

const STATES: Readonly<Record<Forge, Readonly<Record<ForgeState, string>>>> = {
  github: {
    pending: 'pending',
    running: 'pending',
    success: 'success',
    failure: 'failure',
    canceled: 'error',
  },
  gitea: {
    pending: 'pending',
    running: 'pending',
    success: 'success',
    failure: 'failure',
    canceled: 'error',
  },
  gitlab: {
    pending: 'pending',
    running: 'running',
    success: 'success',
    failure: 'failed',
    canceled: 'canceled',
  },
}

/**
 * The call that tells a forge what became of a commit. Undefined where its address names no repository there.
 * GitHub: POST repos/{owner}/{repo}/statuses/{sha}; Gitea the same below api/v1; GitLab: POST
 * projects/{path}/statuses/{sha} below api/v4.
 */
export function statusRequest(
  mirror: Pick<Mirror, 'forge' | 'url' | 'apiUrl'>,
  credentials: Credentials,
  facts: StatusFacts,
): ForgeRequest | undefined {
  const path = new URL(mirror.url).pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  const parts = path.split('/')
  if (parts.length < 2 || !parts.every(part => /^[\w.~-]+$/.test(part) && !/^\.+$/.test(part)))
    return undefined
  const base = (mirror.apiUrl ?? apiOf(mirror)).replace(/\/+$/, '')
  const state = STATES[mirror.forge][facts.state]
  const description = facts.description.slice(0, MAX_DESCRIPTION)
  if (mirror.forge === 'gitlab') {
    return {
      url: `${base}/projects/${encodeURIComponent(parts.join('/'))}/statuses/${facts.commit}`,
      headers: { 'private-token': credentials.token },
      body: JSON.stringify({
        state,
        ref: facts.ref,
        name: facts.context,
        target_url: facts.url,
        description,
      }),
    }
  }
  if (parts.length !== 2) return undefined
  const authorization = `${mirror.forge === 'github' ? 'Bearer' : 'token'} ${credentials.token}`
  return {
    url: `${base}/repos/${path}/statuses/${facts.commit}`,
    headers: { authorization, ...(mirror.forge === 'github' && { accept: 'application/vnd.github+json' }) },
    body: JSON.stringify({ state, context: facts.context, target_url: facts.url, description }),
  }
}

/** Where a forge has its API unless somebody says otherwise. */
function apiOf({ forge, url }: Pick<Mirror, 'forge' | 'url'>): string {
  const { protocol, host, hostname } = new URL(url)
  // Where the repository is at ssh, the API is at https: another port.
  const origin = protocol === 'ssh:' ? `https://${hostname}` : `${protocol}//${host}`
  if (forge === 'gitlab') return `${origin}/api/v4`
  if (forge === 'gitea') return `${origin}/api/v1`
  return hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`
}

/** The state of a pipeline, as forges have it. */
export function forgeState(
  state: 'running' | 'succeeded' | 'failed' | 'canceled',
  begun: boolean,
): ForgeState {
  if (state === 'running') return begun ? 'running' : 'pending'
  return state === 'succeeded' ? 'success' : state === 'failed' ? 'failure' : 'canceled'
}
