import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createToken, type Principal, SCOPES, type Scope } from '../../access/index.ts'
import { isoOf, newId, replaceFile, systemCode } from '../../core/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** The scope that each kind of agent has, and nothing else. */
export const AGENTS = {
  runner: 'agent:runner',
  host: 'agent:host',
  gateway: 'agent:gateway',
} as const satisfies Record<string, Scope>

/**
 * What a fresh data folder needs: an admin with a token, and a token for each agent of this machine. Secrets go
 * to `secrets/`, readable by the owner alone; the database holds their hashes. Repeating it makes nothing twice.
 */
export async function bootstrap(plane: ControlPlane): Promise<void> {
  const folder = join(plane.settings.dataDir, 'secrets')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await plane.stores.access.principals()).every(({ admin }) => !admin)) {
    const admin = await addPrincipal(plane, { name: 'admin', kind: 'person', admin: true })
    const secret = await addToken(
      plane,
      admin,
      'first admin token',
      // One for triggers is bound to a project; whoever may push makes them.
      SCOPES.filter(scope => !scope.startsWith('agent:') && scope !== 'trigger'),
    )
    await replaceFile(join(folder, 'first-admin-token'), `${secret}\n`)
  }
  for (const [agent, scope] of Object.entries(AGENTS)) {
    const file = join(folder, `${agent}.token`)
    if (await exists(file)) continue
    const name = `local-${agent}`
    const principal =
      (await plane.stores.access.principalByName(name)) ??
      (await addPrincipal(plane, { name, kind: 'agent', admin: false }))
    await replaceFile(file, `${await addToken(plane, principal, `${agent} of this machine`, [scope])}\n`)
  }
  plane.logger.info({ at: isoOf(plane.clock.now()) }, 'principals are there')
}

async function addPrincipal(
  plane: ControlPlane,
  facts: Pick<Principal, 'name' | 'kind' | 'admin'>,
): Promise<Principal> {
  const principal: Principal = { id: newId('principal'), createdAt: plane.clock.now(), ...facts }
  await plane.stores.access.addPrincipal(principal)
  return principal
}

async function addToken(
  plane: ControlPlane,
  principal: Principal,
  name: string,
  scopes: readonly Scope[],
): Promise<string> {
  const { secret, hash } = createToken()
  await plane.stores.access.addToken({
    id: newId('token'),
    principal: principal.id,
    name,
    hash,
    scopes,
    createdAt: plane.clock.now(),
  })
  return secret
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await readFile(file, 'utf8')).trim() !== ''
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw cause
  }
}
