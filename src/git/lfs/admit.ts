import type { IncomingMessage } from 'node:http'
import type { Bytes, Clock, Digest, PrincipalId, ProjectId } from '../../core/index.ts'
import { tokenFrom } from '../http/credentials.ts'
import { isActionToken, type Operation, readClaims } from './actions.ts'
import { type Problem, problem } from './messages.ts'
import type { LfsHost } from './ports.ts'

/** Who asks, and where. */
export interface Admitted {
  readonly kind: 'admitted'
  readonly project: ProjectId
  readonly principal: PrincipalId
  /** What a signed token was given for. */
  readonly size?: Bytes
}

const ACCESS = { download: 'read', upload: 'write' } as const

export const UNAUTHENTICATED: Problem = problem(
  401,
  'Give a Ballast token as the password; any user name will do.',
  {
    'LFS-Authenticate': 'Basic realm="Ballast", charset="UTF-8"',
    'WWW-Authenticate': 'Basic realm="Ballast", charset="UTF-8"',
  },
)

export function hasCredentials(request: IncomingMessage): boolean {
  return tokenFrom(request.headers.authorization) !== undefined
}

/** By the same credentials as Git's. Who may not even read is told what is told of a repository that is not there. */
export async function admit(
  host: LfsHost,
  request: IncomingMessage,
  repository: string,
  access: 'read' | 'write',
): Promise<Admitted | Problem> {
  const token = tokenFrom(request.headers.authorization)
  const grant = await host.authorize({ repository, token, access })
  if (grant.kind === 'granted')
    return { kind: 'admitted', project: grant.project, principal: grant.principal }
  if (grant.kind === 'unauthenticated') return UNAUTHENTICATED
  const mayRead =
    access === 'write' && (await host.authorize({ repository, token, access: 'read' })).kind === 'granted'
  return problem(mayRead ? 403 : 404, [grant.message, grant.hint].filter(Boolean).join(' '))
}

/** To one object's address, by the token that a batch gave for it, or by the caller's own. */
export async function admitToObject(
  { host, clock }: { readonly host: LfsHost; readonly clock: Clock },
  request: IncomingMessage,
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  operation: Operation,
): Promise<Admitted | Problem> {
  const token = tokenFrom(request.headers.authorization)
  const access = ACCESS[operation]
  if (!isActionToken(token)) return admit(host, request, repository, access)
  const claims = await readClaims(host, token, digest)
  if (claims?.operation !== operation) return problem(403, 'This token was not given for this object.')
  // To 403 clients ask for a new one.
  if (claims.expiresAt <= clock.now())
    return problem(403, 'The token for this object has expired; ask again.')
  const { project, principal, size } = claims
  if (!(await host.stillMay({ project, principal, access })))
    return problem(403, 'The right to this repository was taken back, or it is gone.')
  return { kind: 'admitted', project, principal, size }
}
