import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { type SshFiles, sshCommand } from './ssh.ts'

/** A repository with its models, over a slow line. */
const MAX_FETCH_MS = 30 * 60_000
/** The same as of one push. */
const MAX_FETCH_BYTES = 32 * 2 ** 30
/** A remote that sends less than this for a minute is given up. */
const LEAST_BYTES_PER_SECOND = 1000

export type RemoteProtocol = 'https' | 'http' | 'file' | 'ssh'

export interface Remote {
  /** `https://…`, `http://…`, `file:///…` or `ssh://user@…`, without credentials. */
  readonly url: string
  /** The only protocol that git may speak for it. */
  readonly protocol: RemoteProtocol
  /** Where the name of its host leads, as it was checked: git asks nobody again. */
  readonly pinned?: { readonly host: string; readonly port: number; readonly address: string }
  /** Sent to that host alone. */
  readonly authorization?: string
  /** For ssh, and only there. */
  readonly ssh?: SshFiles
}

/**
 * Fetches every branch and tag of a remote below `into` (`refs/ballast/fetched/`), replacing what is there and
 * removing what the remote no longer has. No other ref moves. Redirections are not followed; no credential helper,
 * no configuration of the machine and no other protocol has a part in it. Throws GIT_FAILED, GIT_TIMED_OUT.
 */
export async function fetchRemote(
  directory: string,
  remote: Remote,
  into: string,
  signal?: AbortSignal,
): Promise<void> {
  if (!remote.url.startsWith(`${remote.protocol}://`))
    throw new GitError('GIT_FAILED', {
      message: `The remote's address is not one of ${remote.protocol}`,
      hint: 'Set the mirror again with `ballast mirror set`.',
    })
  const args = [
    'fetch',
    '--quiet',
    '--force',
    '--prune',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    '--end-of-options',
    remote.url,
    `+refs/heads/*:${into}heads/*`,
    `+refs/tags/*:${into}tags/*`,
  ]
  await runGit(args, {
    directory,
    maxBytes: 1 << 20,
    maxMs: MAX_FETCH_MS,
    maxFileBytes: MAX_FETCH_BYTES,
    helpers: true,
    config: configOf(remote),
    ...(signal && { signal }),
    environment: {
      GIT_ALLOW_PROTOCOL: remote.protocol,
      GIT_ASKPASS: '',
      SSH_ASKPASS: '',
      GIT_SSH_VARIANT: 'ssh',
      GIT_SSH_COMMAND: remote.ssh ? sshCommand(remote.ssh, remote.pinned?.address) : 'false',
    },
  })
}

function configOf({ pinned, authorization, url }: Remote): readonly (readonly [string, string])[] {
  const address = pinned?.address.includes(':') ? `[${pinned.address}]` : pinned?.address
  return [
    ['credential.helper', ''],
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', String(LEAST_BYTES_PER_SECOND)],
    ['http.lowSpeedTime', '60'],
    ['fetch.showForcedUpdates', 'false'],
    ...(pinned && url.startsWith('http')
      ? ([['http.curloptResolve', `${pinned.host}:${pinned.port}:${address}`]] as const)
      : []),
    ...(authorization
      ? ([[`http.${new URL(url).origin}/.extraHeader`, `Authorization: ${authorization}`]] as const)
      : []),
  ]
}
