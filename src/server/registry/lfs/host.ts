import { hasRole, type Role } from '../../../access/index.ts'
import { newId, type PrincipalId, type ProjectId } from '../../../core/index.ts'
import type { LfsHost, LfsLocks, LfsPartials } from '../../../git/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { lfsObjects } from './objects.ts'

export interface LfsHostParts {
  readonly plane: ControlPlane
  readonly partials: LfsPartials
  readonly authorize: LfsHost['authorize']
}

/** The control plane as the LFS front door sees it. */
export function controlPlaneLfsHost({ plane, partials, authorize }: LfsHostParts): LfsHost {
  const { settings, vault } = plane
  return {
    authorize,
    objects: lfsObjects(plane),
    partials,
    locks: locksOf(plane),
    get publicUrl() {
      return settings.publicUrl
    },
    sign: text => vault.fingerprint(text),
    async stillMay({ project, principal, access }) {
      return hasRole(await roleOf(plane, project, principal), access === 'read' ? 'reader' : 'developer')
    },
    async mayBreakLocks(project, principal) {
      return hasRole(await roleOf(plane, project, principal), 'maintainer')
    },
  }
}

/** Undefined also where the project or the principal is gone. */
async function roleOf({ stores }: ControlPlane, id: ProjectId, by: PrincipalId): Promise<Role | undefined> {
  const [project, principal] = [await stores.access.project(id), await stores.access.principal(by)]
  if (!project || !principal) return undefined
  return principal.admin ? 'admin' : stores.access.roleOf(by, id)
}

function locksOf({ stores, clock }: ControlPlane): LfsLocks {
  return {
    lock: (project, path, owner) =>
      stores.lfs.addLock({ id: newId('lock'), project, path, owner, lockedAt: clock.now() }),
    locks: (project, query) => stores.lfs.locks(project, query),
    unlock: (project, id) => stores.lfs.removeLock(project, id),
  }
}
