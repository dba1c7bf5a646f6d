import { statfs } from 'node:fs/promises'
import { hasRole, type Role } from '../../../access/index.ts'
import { type Bytes, CoreError, newId, type PrincipalId, type ProjectId } from '../../../core/index.ts'
import type { LfsHost, LfsLocks, LfsObjects, LfsPartials } from '../../../git/index.ts'
import type { BlobStore, ObjectStore } from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** What is left for the database, the logs and the repositories. */
const SPARE_BYTES: Bytes = 256 << 20

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
    objects: objectsOf(plane),
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

function objectsOf({ settings, stores, blobs, clock }: ControlPlane): LfsObjects {
  const store: BlobStore & Partial<Pick<ObjectStore, 'allow'>> = blobs
  return {
    async received(project, digests) {
      const granted = await stores.lfs.granted(project, digests)
      const there = await Promise.all([...granted].map(async ([digest]) => store.has(digest)))
      return new Map([...granted].filter((_, place) => there[place]))
    },
    async allow(project, bytes) {
      await store.allow?.(project, bytes)
      const { bavail, bsize } = await statfs(settings.dataDir)
      if (bavail * bsize < bytes + SPARE_BYTES) throw full(bytes)
    },
    async receive(project, by, { digest, size }, content) {
      const received = await store.put(digest, content, { maxBytes: size, project })
      if (received.size === size)
        await stores.lfs.grant({ project, principal: by, digest, size, grantedAt: clock.now() })
      return received
    },
    read: (digest, range) => store.stream(digest, range),
  }
}

function locksOf({ stores, clock }: ControlPlane): LfsLocks {
  return {
    lock: (project, path, owner) =>
      stores.lfs.addLock({ id: newId('lock'), project, path, owner, lockedAt: clock.now() }),
    locks: (project, query) => stores.lfs.locks(project, query),
    unlock: (project, id) => stores.lfs.removeLock(project, id),
  }
}

function full(bytes: Bytes): CoreError {
  return new CoreError('DISK_FULL', {
    message: `There is no room for ${bytes} bytes more on the server`,
    hint: 'Ask whoever runs it to free some; `ballast registry gc` removes what nobody needs',
  })
}
