export type GitService = 'git-upload-pack' | 'git-receive-pack'

/** What a URL of the Git front door asks for. */
export type GitAddress =
  | { readonly kind: 'advertise' | 'call'; readonly repository: string; readonly service: GitService }
  | { readonly kind: 'too old' }
  | { readonly kind: 'unknown' }

/** `digits` or `team/digits`. */
const MAX_PARTS = 2
const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * Reads path and query as they came, without decoding: no name of ours needs a `%`, so encoded slashes, dots and
 * NULs have no way in.
 */
export function parseGitAddress(url: string): GitAddress {
  const [path = '', query = ''] = url.split('?', 2)
  const match = /^\/(.+)\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path)
  if (match === null || !isRepositoryName(match[1]!)) return { kind: 'unknown' }
  const [, repository, end] = match
  if (end === 'git-upload-pack' || end === 'git-receive-pack') {
    return { kind: 'call', repository: repository!, service: end }
  }
  const service = new URLSearchParams(query).get('service')
  if (service === null) return { kind: 'too old' }
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return { kind: 'unknown' }
  return { kind: 'advertise', repository: repository!, service }
}

export function isRepositoryName(name: string): boolean {
  const parts = name.split('/')
  return (
    parts.length <= MAX_PARTS &&
    parts.every(part => PART.test(part) && !part.includes('..') && !/\.(git|lock)$/i.test(part))
  )
}
