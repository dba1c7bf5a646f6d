import { createHash, timingSafeEqual } from 'node:crypto'
import {
  hashToken,
  mayDo,
  type Principal,
  type Project,
  type Right,
  type Role,
  type Scope,
  type Token,
} from '../../access/index.ts'
import type { Instant, ProjectId } from '../../core/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'

/** Who makes a request, by which token. */
export interface Caller {
  readonly principal: Principal
  readonly token: Token
  readonly scopes: readonly Scope[]
}

/** Resolves secrets to callers and answers what they may do. */
export class Authenticator {
  readonly #plane: ControlPlane

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  /** Undefined for a secret that is unknown, revoked or expired. */
  async caller(secret: string): Promise<Caller | undefined> {
    const { access } = this.#plane.stores
    const token = await access.tokenByHash(hashToken(secret))
    const now = this.#plane.clock.now()
    if (!token || !isLive(token, now)) return undefined
    const principal = await access.principal(token.principal)
    if (!principal) return undefined
    // Once a minute is enough to tell a token in use from a forgotten one.
    if ((token.lastUsedAt ?? 0) < now - 60_000) await access.touchToken(token.id)
    return { principal, token, scopes: token.scopes }
  }

  /** Whether the token that this caller came with holds still. */
  async isValid({ token }: Caller): Promise<boolean> {
    const now = await this.#plane.stores.access.tokenByHash(token.hash)
    return now !== undefined && isLive(now, this.#plane.clock.now())
  }

  async roleIn(caller: Caller, project: ProjectId): Promise<Role | undefined> {
    return caller.principal.admin ? 'admin' : this.#plane.stores.access.roleOf(caller.principal.id, project)
  }

  async may(caller: Caller, right: Right, project?: Project): Promise<boolean> {
    const role = project ? await this.roleIn(caller, project.id) : undefined
    return mayDo({
      principal: caller.principal,
      role,
      scopes: caller.scopes,
      ...(caller.token.project && { tokenProject: caller.token.project }),
      right,
      ...(project && { project: project.id }),
    })
  }

  /** Throws FORBIDDEN; for a project that the caller may not even read, what a missing one would throw. */
  async need(caller: Caller, right: Right, project?: Project): Promise<void> {
    if (await this.may(caller, right, project)) return
    if (project && right !== 'project.read' && !(await this.may(caller, 'project.read', project))) {
      throw new ServerError('NOT_FOUND', {
        message: `There is no project '${project.name}', or it is not yours to see`,
        hint: 'Check the name, and that your token reaches it.',
      })
    }
    throw new ServerError('FORBIDDEN', {
      message: `${caller.principal.name} may not do this (${right}${project ? ` in ${project.name}` : ''})`,
      hint: `It takes a token whose scope and whose owner's role allow it; this token has: ${caller.scopes.join(', ') || 'nothing'}.`,
      details: { right },
    })
  }
}

function isLive({ revokedAt, expiresAt }: Token, now: Instant): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now)
}

/** What a page must send with every change: proves that it could read our answers, which a foreign site can't. */
export function csrfTokenOf(sessionSecret: string): string {
  return createHash('sha256').update(`ballast-csrf:${sessionSecret}`).digest('base64url')
}

export function sameSecret(a: string, b: string): boolean {
  const [x, y] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()]
  return timingSafeEqual(x, y)
}
