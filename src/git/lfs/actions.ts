import { createHash, timingSafeEqual } from 'node:crypto'
import type { Bytes, Digest, Instant, PrincipalId, ProjectId } from '../../core/index.ts'
import type { LfsHost } from './ports.ts'

export type Operation = 'download' | 'upload'

/** What a signed token allows: this one transfer of this one object, for a while. */
export interface Claims {
  readonly operation: Operation
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly digest: Digest
  readonly size: Bytes
  readonly expiresAt: Instant
}

/**
 * A transfer must begin by then; one that has begun is not cut. Clients ask for a new token when theirs has expired.
 */
export const ACTION_SECONDS = 3600

/** `lfs1.<u|d>.<project>.<principal>.<size>.<expires>.<mac>`; the digest stands in the address. */
const TOKEN =
  /^lfs1\.([ud])\.(prj_[0-9a-z]{1,40})\.(pri_[0-9a-z]{1,40})\.(\d{1,16})\.(\d{1,16})\.([0-9a-f]{64})$/
const MARK = { download: 'd', upload: 'u' } as const

/** Its signature covers every claim, so that it serves nobody for anything else. It tells nothing of the caller's own token. */
export async function signClaims(host: Pick<LfsHost, 'sign'>, claims: Claims): Promise<string> {
  const { operation, project, principal, size, expiresAt } = claims
  const mac = await host.sign(textOf(claims))
  return `lfs1.${MARK[operation]}.${project}.${principal}.${size}.${expiresAt}.${mac}`
}

export function isActionToken(token: string | undefined): token is string {
  return token?.startsWith('lfs1.') === true
}

/** What a token allows for this object; undefined where we did not sign it so. Whether it has expired is the caller's question. */
export async function readClaims(
  host: Pick<LfsHost, 'sign'>,
  token: string,
  digest: Digest,
): Promise<Claims | undefined> {
  const [, mark, project, principal, size, expires, mac] = TOKEN.exec(token) ?? []
  if (mac === undefined) return undefined
  const claims: Claims = {
    operation: mark === 'u' ? 'upload' : 'download',
    project: project as ProjectId,
    principal: principal as PrincipalId,
    digest,
    size: Number(size),
    expiresAt: Number(expires) as Instant,
  }
  return same(mac, await host.sign(textOf(claims))) ? claims : undefined
}

function textOf({ operation, project, principal, digest, size, expiresAt }: Claims): string {
  return `lfs action\0${operation}\0${project}\0${principal}\0${digest}\0${size}\0${expiresAt}`
}

function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(x, y)
}
