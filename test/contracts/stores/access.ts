import { expect, test } from 'vitest'
import {
  type EnvironmentPolicy,
  groupScope,
  ROLES,
  type SealedSecret,
  type Token,
} from '../../../src/access/index.ts'
import { newId, type PrincipalId, parseCalendar } from '../../../src/core/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aPrincipal, aProject, later, NOON, settle } from './world.ts'

export function accessContract(world: () => Stores, setClock: (time: typeof NOON) => void): void {
  const aToken = (principal: PrincipalId, change: Partial<Token> = {}): Token => {
    const id = newId('token')
    return {
      id,
      principal,
      name: 'laptop',
      hash: `hash of ${id}`,
      scopes: ['read', 'push'],
      createdAt: NOON,
      ...change,
    }
  }

  const aSecret = (name: string, sealed: string, change: Partial<SealedSecret> = {}): SealedSecret => ({
    name,
    environment: '*',
    kind: 'variable',
    protected: true,
    masked: true,
    literal: true,
    sealed,
    createdAt: NOON,
    ...change,
  })

  test('principals are found by id and by name, and listed by name', async () => {
    const { access } = world()
    const [zoe, abe] = [aPrincipal({ name: 'zoe', admin: true }), aPrincipal({ name: 'abe', kind: 'agent' })]
    await access.addPrincipal(zoe)
    await access.addPrincipal(abe)
    expect(await access.principal(zoe.id)).toEqual(zoe)
    expect(await access.principalByName('abe')).toEqual(abe)
    expect(await access.principals()).toEqual([abe, zoe])
    expect(await access.principalByName('ABE')).toBeUndefined()
    expect(await access.principal(newId('principal'))).toBeUndefined()
    await expect(access.addPrincipal(aPrincipal({ name: 'zoe' }))).rejects.toMatchObject({
      code: 'PRINCIPAL_EXISTS',
    })
  })

  test('projects are found by id and by name, and a name is taken once', async () => {
    const { access } = world()
    const project = aProject({ name: 'team/digits' })
    await access.addProject(project)
    expect(await access.project(project.id)).toEqual(project)
    expect(await access.projectByName('team/digits')).toEqual(project)
    expect(await access.projectByName("x' or '1'='1")).toBeUndefined()
    await expect(access.addProject(aProject({ name: 'team/digits' }))).rejects.toMatchObject({
      code: 'PROJECT_EXISTS',
    })
    expect(await access.projects()).toEqual([project])
  })

  test('a project keeps the last patterns that protect its refs', async () => {
    const { access } = world()
    const project = aProject()
    await access.addProject(project)
    await access.protectRefs(project.id, ['refs/heads/release/*', 'refs/tags/v*'])
    const patterns = { protectedRefs: ['refs/heads/release/*', 'refs/tags/v*'] }
    expect(await access.projectByName(project.name)).toStrictEqual({ ...project, ...patterns })
    await access.protectRefs(project.id, [])
    expect(await access.project(project.id)).toStrictEqual(project)
  })

  test('a role is set, changed and taken away', async () => {
    const { access } = world()
    const { principal, project } = await settle(world())
    expect(await access.roleOf(principal, project)).toBeUndefined()
    for (const role of ROLES) {
      await access.setRole(principal, project, role)
      expect(await access.roleOf(principal, project)).toBe(role)
    }
    expect(await access.members(project)).toEqual([
      { principal: await access.principal(principal), role: 'admin' },
    ])
    await access.setRole(principal, project, undefined)
    expect(await access.members(project)).toEqual([])
  })

  test('a token is found by its hash, with every field it has', async () => {
    const { access } = world()
    const { principal, project } = await settle(world())
    const full = aToken(principal, {
      project,
      expiresAt: later(5),
      revokedAt: later(6),
      lastUsedAt: later(7),
    })
    const plain = aToken(principal)
    await access.addToken(full)
    await access.addToken(plain)
    expect(await access.tokenByHash(full.hash)).toStrictEqual(full)
    expect(await access.tokenByHash(plain.hash)).toStrictEqual(plain)
    expect(await access.tokenByHash('none')).toBeUndefined()
    expect(await access.tokens(principal)).toEqual([full, plain])
    expect(await access.tokens(newId('principal'))).toEqual([])
    expect(await access.tokens()).toHaveLength(2)
  })

  test('a token is revoked once: the first time stays', async () => {
    const { access } = world()
    const token = aToken((await settle(world())).principal)
    await access.addToken(token)
    setClock(later(10))
    await access.revokeToken(token.id)
    await access.touchToken(token.id)
    setClock(later(20))
    await access.revokeToken(token.id)
    expect(await access.tokenByHash(token.hash)).toEqual({
      ...token,
      revokedAt: later(10),
      lastUsedAt: later(10),
    })
  })

  test('a policy replaces the one before it', async () => {
    const { access } = world()
    const { project } = await settle(world())
    const strict: EnvironmentPolicy = {
      environment: 'production',
      branches: ['main', 'release/*'],
      approvers: 'admin',
      gates: ['accuracy >= 0.97'],
      maxFirstStep: 0.05,
      predictions: 'token',
      limits: { rate: { perSecond: 0.5, burst: 10 }, quota: { requests: 1e9, per: 'month' }, priority: 2 },
      approval: { byOthers: true, expiresMs: 3_600_000 },
      from: 'staging',
      calendar: parseCalendar({
        freeze: ['Fri 18:00 - Mon 08:00 Europe/Berlin', '2026-12-20 - 2027-01-04'],
        schedule: ['Mon-Fri 09:00 - 17:00'],
      }),
    }
    const {
      approvers: _,
      limits: _limits,
      calendar: _calendar,
      approval: _approval,
      ...open
    } = { ...strict, predictions: 'public' as const, maxFirstStep: 1 }
    await access.setPolicy(project, strict)
    expect(await access.policy(project, 'production')).toStrictEqual(strict)
    await access.setPolicy(project, open)
    expect(await access.policies(project)).toStrictEqual([open])
    expect(await access.policy(project, 'preview')).toBeUndefined()
  })

  test('a secret is the last that was set, listed by name, and goes once', async () => {
    const { access } = world()
    const { project } = await settle(world())
    const other = aProject()
    await access.addProject(other)
    const staging = aSecret('TOKEN', 'v1.s', { environment: 'staging/*', kind: 'file', masked: false })
    await access.setSecret(project, aSecret('TOKEN', 'v1.a'))
    await access.setSecret(project, aSecret('API_KEY', 'v1.b', { protected: false, literal: false }))
    await access.setSecret(other.id, aSecret('TOKEN', 'v1.c'))
    await access.setSecret(groupScope('team'), aSecret('TOKEN', 'v1.g'))
    await access.setSecret(project, staging)
    await access.setSecret(project, aSecret('TOKEN', 'v1.d', { createdAt: later(5) }))
    expect(await access.secrets(project)).toStrictEqual([
      aSecret('API_KEY', 'v1.b', { protected: false, literal: false }),
      aSecret('TOKEN', 'v1.d', { createdAt: later(5) }),
      staging,
    ])
    expect(await access.secrets(groupScope('team'))).toStrictEqual([aSecret('TOKEN', 'v1.g')])
    expect(await access.removeSecret(project, 'TOKEN', 'staging/*')).toBe(true)
    expect(await access.removeSecret(project, 'TOKEN', '*')).toBe(true)
    expect(await access.removeSecret(project, 'TOKEN', '*')).toBe(false)
    expect((await access.secrets(project)).map(({ name }) => name)).toEqual(['API_KEY'])
    expect(await access.secrets(other.id)).toHaveLength(1)
  })

  test('with a project goes everything that is bound to it, its tokens too', async () => {
    const { access } = world()
    const { principal, project } = await settle(world())
    const [bound, free] = [aToken(principal, { project }), aToken(principal)]
    await access.addToken(bound)
    await access.addToken(free)
    await access.setRole(principal, project, 'maintainer')
    await access.setSecret(project, aSecret('API_KEY', 'v1.a'))
    await access.setSecret(groupScope('team'), aSecret('API_KEY', 'v1.b'))
    await access.removeProject(project)
    expect(await access.project(project)).toBeUndefined()
    expect(await access.tokens(principal)).toEqual([free])
    expect(await access.roleOf(principal, project)).toBeUndefined()
    expect(await access.secrets(project)).toEqual([])
    expect(await access.secrets(groupScope('team'))).toHaveLength(1)
  })

  test('a setting is the last that was set', async () => {
    const { settings } = world()
    expect(await settings.get('site')).toBeUndefined()
    await settings.set('site', 'one')
    await settings.set('site', 'two')
    expect(await settings.get('site')).toBe('two')
  })
}
