import { describe, expect, test } from 'vitest'
import { instant, newId } from '../core/index.ts'
import { hasRole, mayActAs, mayDo, scopesBeyond } from './rights.ts'
import { type Principal, RIGHTS, type Right, ROLES, type Role, SCOPES, type Scope } from './types.ts'

const [HERE, ELSEWHERE] = [newId('project'), newId('project')]

function aPrincipal(change: Partial<Principal> = {}): Principal {
  return {
    id: newId('principal'),
    name: 'ada',
    kind: 'person',
    admin: false,
    createdAt: instant(0),
    ...change,
  }
}
const ask = (right: Right, change: Partial<Parameters<typeof mayDo>[0]> = {}) =>
  mayDo({ principal: aPrincipal(), role: undefined, scopes: SCOPES, right, project: HERE, ...change })

/** The law, written out: which scope, and which roles. */
const LAW: readonly {
  readonly right: Right
  readonly scope: Scope
  readonly roles: readonly (Role | undefined)[]
}[] = [
  { right: 'project.read', scope: 'read', roles: ['reader', 'developer', 'maintainer', 'admin'] },
  {
    right: 'project.create',
    scope: 'push',
    roles: [undefined, 'reader', 'developer', 'maintainer', 'admin'],
  },
  { right: 'project.push', scope: 'push', roles: ['developer', 'maintainer', 'admin'] },
  { right: 'project.push-protected', scope: 'push', roles: ['maintainer', 'admin'] },
  { right: 'project.administer', scope: 'admin', roles: ['admin'] },
  { right: 'pipeline.control', scope: 'push', roles: ['developer', 'maintainer', 'admin'] },
  { right: 'pipeline.trigger', scope: 'trigger', roles: ['developer', 'maintainer', 'admin'] },
  { right: 'rollout.control', scope: 'deploy', roles: ['maintainer', 'admin'] },
  { right: 'deploy.approve', scope: 'deploy', roles: ['maintainer', 'admin'] },
  { right: 'model.predict', scope: 'predict', roles: ['reader', 'developer', 'maintainer', 'admin'] },
  { right: 'requests.read', scope: 'deploy', roles: ['maintainer', 'admin'] },
  { right: 'alias.move', scope: 'push', roles: ['developer', 'maintainer', 'admin'] },
  { right: 'alias.move-protected', scope: 'deploy', roles: ['maintainer', 'admin'] },
  { right: 'retention.set', scope: 'deploy', roles: ['maintainer', 'admin'] },
  { right: 'notifications.set', scope: 'deploy', roles: ['maintainer', 'admin'] },
  {
    right: 'token.manage-own',
    scope: 'admin',
    roles: [undefined, 'reader', 'developer', 'maintainer', 'admin'],
  },
  { right: 'server.administer', scope: 'admin', roles: [] },
]

test('the law says something of every right', () => {
  expect(LAW.map(({ right }) => right)).toEqual([...RIGHTS])
})

describe.each(LAW)('$right', ({ right, scope, roles }) => {
  const everyRole = [undefined, ...ROLES]
  test.each(everyRole)('as %s', role => {
    expect(ask(right, { role })).toBe(roles.includes(role))
    expect(ask(right, { role, principal: aPrincipal({ kind: 'service' }) })).toBe(roles.includes(role))
  })

  test.each(SCOPES)('by a token of scope %s alone', only => {
    for (const admin of [true, false]) {
      const allowed = only === scope && (admin || roles.includes('admin'))
      expect(ask(right, { principal: aPrincipal({ admin }), role: 'admin', scopes: [only] })).toBe(allowed)
    }
  })

  test('by an admin of the server, with no role at all', () => {
    expect(ask(right, { principal: aPrincipal({ admin: true }) })).toBe(true)
  })

  test('never by an agent, whatever it was given', () => {
    const agent = aPrincipal({ kind: 'agent', admin: true })
    expect(ask(right, { principal: agent, role: 'admin' })).toBe(false)
  })

  test('by a token that is bound to a project, there alone', () => {
    const admin = { principal: aPrincipal({ admin: true }), role: 'admin' } as const
    const there = right !== 'server.administer'
    expect(ask(right, { ...admin, tokenProject: HERE })).toBe(there)
    expect(ask(right, { ...admin, tokenProject: ELSEWHERE })).toBe(false)
    const { project: _, ...nowhere } = {
      principal: aPrincipal({ admin: true }),
      role: undefined,
      scopes: SCOPES,
      right,
      project: HERE,
    }
    expect(mayDo({ ...nowhere, tokenProject: HERE })).toBe(false)
  })
})

test('a role counts in a project only', () => {
  const principal = aPrincipal()
  expect(mayDo({ principal, role: 'admin', scopes: SCOPES, right: 'project.read' })).toBe(false)
  expect(mayDo({ principal, role: undefined, scopes: SCOPES, right: 'project.create' })).toBe(true)
})

test.each([
  { kind: 'agent', scopes: ['agent:runner'], as: 'agent:runner', may: true },
  { kind: 'agent', scopes: ['agent:runner'], as: 'agent:host', may: false },
  { kind: 'agent', scopes: ['admin'], as: 'agent:gateway', may: false },
  { kind: 'person', scopes: SCOPES, as: 'agent:runner', may: false },
] as const)('$kind with $scopes acts as $as: $may', ({ kind, scopes, as, may }) => {
  expect(mayActAs({ kind }, scopes, as)).toBe(may)
})

test('each role holds what those before it hold', () => {
  for (const [i, role] of ROLES.entries()) {
    for (const [j, least] of ROLES.entries()) expect(hasRole(role, least)).toBe(i >= j)
  }
  expect(hasRole(undefined, 'reader')).toBe(false)
})

test('a token gives no scope that it does not have', () => {
  expect(scopesBeyond(['read', 'push'], ['read', 'admin', 'agent:runner'])).toEqual(['admin', 'agent:runner'])
  expect(scopesBeyond(['read'], [])).toEqual([])
})
