import type { ProjectId } from '../core/index.ts'
import { type Principal, type Right, ROLES, type Role, type Scope } from './types.ts'

interface Need {
  readonly scope: Scope
  /** Least role in the project; `anyone`: every person and service; `server admin`: no project's role is enough. */
  readonly least: Role | 'anyone' | 'server admin'
}

/** What each right takes of a token and of its owner: both. */
const RIGHT_NEEDS: Readonly<Record<Right, Need>> = {
  'project.read': { scope: 'read', least: 'reader' },
  // The first push makes the project; who made it is made its admin.
  'project.create': { scope: 'push', least: 'anyone' },
  'project.push': { scope: 'push', least: 'developer' },
  'project.push-protected': { scope: 'push', least: 'maintainer' },
  'project.administer': { scope: 'admin', least: 'admin' },
  'pipeline.control': { scope: 'push', least: 'developer' },
  // For upstream systems: may start pipelines with such a token, and nothing else.
  'pipeline.trigger': { scope: 'trigger', least: 'developer' },
  'rollout.control': { scope: 'deploy', least: 'maintainer' },
  'deploy.approve': { scope: 'deploy', least: 'maintainer' },
  'model.predict': { scope: 'predict', least: 'reader' },
  // What callers sent, as it was written down: it may tell of persons.
  'requests.read': { scope: 'deploy', least: 'maintainer' },
  'alias.move': { scope: 'push', least: 'developer' },
  'alias.move-protected': { scope: 'deploy', least: 'maintainer' },
  'retention.set': { scope: 'deploy', least: 'maintainer' },
  'notifications.set': { scope: 'deploy', least: 'maintainer' },
  // The widest scope, so that a narrow token that leaked can't make itself successors.
  'token.manage-own': { scope: 'admin', least: 'anyone' },
  'server.administer': { scope: 'admin', least: 'server admin' },
}

export interface Asked {
  readonly principal: Principal
  /** Its role in `project`. */
  readonly role: Role | undefined
  /** The token's. */
  readonly scopes: readonly Scope[]
  /** The token reaches only this project. */
  readonly tokenProject?: ProjectId
  readonly right: Right
  /** Where; absent for what concerns the whole server. */
  readonly project?: ProjectId
}

/**
 * Whether this token, in this principal's hand, gives this right: its scope ∩ the principal's role. A token that
 * is bound to a project gives nothing elsewhere, and nothing on the whole server. Agents have no rights: they
 * pass by `mayActAs`.
 */
export function mayDo({ principal, role, scopes, tokenProject, right, project }: Asked): boolean {
  const { scope, least } = RIGHT_NEEDS[right]
  if (principal.kind === 'agent' || !scopes.includes(scope)) return false
  if (tokenProject !== undefined && tokenProject !== project) return false
  if (least === 'server admin') return principal.admin && tokenProject === undefined
  if (least === 'anyone' || principal.admin) return true
  return project !== undefined && hasRole(role, least)
}

/** Whether this token is that of an agent of this kind. */
export function mayActAs(
  principal: Pick<Principal, 'kind'>,
  scopes: readonly Scope[],
  scope: Extract<Scope, `agent:${string}`>,
): boolean {
  return principal.kind === 'agent' && scopes.includes(scope)
}

/** Each role holds what those before it hold. */
export function hasRole(role: Role | undefined, least: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least)
}

/**
 * The wanted scopes that a token with `own` scopes can't give to another: a token never makes a wider one. Who may
 * push starts pipelines anyway, so `push` gives `trigger`.
 */
export function scopesBeyond(own: readonly Scope[], wanted: readonly Scope[]): readonly Scope[] {
  return wanted.filter(scope => !own.includes(scope) && !(scope === 'trigger' && own.includes('push')))
}
