import { BallastError } from '../../core/index.ts'

/** Where a repository is, and who asks. */
export interface Remote {
  /** As git gets it. */
  readonly url: string
  /** Of the LFS server that belongs to it; undefined where there can be none: ssh, a folder. */
  readonly lfsUrl: URL | undefined
  /** `Basic …`, where the address or `ballast login` has a token for it. */
  readonly authorization: string | undefined
  /** What a folder is called after it. */
  readonly name: string
}

/**
 * An address as git takes it, or the name of a project of the server that `login` knows. The token of that server goes
 * to no other: scheme, host and port must be the same.
 */
export function remoteOf(
  text: string,
  login: { readonly url: string; readonly token: string } | undefined,
): Remote {
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return httpRemote(text, url, login)
  const isProject = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)?$/i.test(text)
  if (isProject && login) return remoteOf(`${login.url}/${text.replace(/\.git$/, '')}.git`, login)
  if (isProject) {
    throw new BallastError('NOT_LOGGED_IN', {
      message: `'${text}' is no address, and no server is known that could have a project of this name`,
      hint: 'Run `ballast login http://127.0.0.1:7420`, or give the whole address.',
    })
  }
  return { url: text, lfsUrl: undefined, authorization: undefined, name: nameOf(text) }
}

function httpRemote(
  text: string,
  url: URL,
  login: { readonly url: string; readonly token: string } | undefined,
): Remote {
  const own = new URL(url)
  own.username = ''
  own.password = ''
  const lfsUrl = new URL(own)
  lfsUrl.search = ''
  lfsUrl.hash = ''
  const path = own.pathname.replace(/\/+$/, '')
  lfsUrl.pathname = `${path}${path.endsWith('.git') ? '' : '.git'}/info/lfs`
  const isLogin = login !== undefined && URL.parse(login.url)?.origin === own.origin
  const pair =
    url.password !== ''
      ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
      : isLogin
        ? `ballast:${login.token}`
        : undefined
  return { url: text, lfsUrl, authorization: pair && basic(pair), name: nameOf(path) }
}

export function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function nameOf(path: string): string {
  const name = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split(/[/:]/)
    .at(-1)
  return name || 'repository'
}
