import type { Readable } from 'node:stream'
import type { Bytes, Digest, Instant, LockId, PrincipalId, ProjectId } from '../../core/index.ts'
import type { GitHost } from '../ports.ts'

/** What is offered to whom: `size` bytes that have `digest`. */
export interface LfsObject {
  readonly digest: Digest
  readonly size: Bytes
}

/** What the LFS front door needs from the control plane. */
export interface LfsHost extends Pick<GitHost, 'authorize'> {
  readonly objects: LfsObjects
  readonly partials: LfsPartials
  readonly locks: LfsLocks
  /** Where the server says that it is reached, without a slash at the end. */
  readonly publicUrl: string
  /** A MAC of a text by a key of this installation, which survives a restart. */
  sign(text: string): Promise<string>
  /** Whether a principal that was granted access a while ago would be still. Asked when a signed address is used. */
  stillMay(request: {
    readonly project: ProjectId
    readonly principal: PrincipalId
    readonly access: 'read' | 'write'
  }): Promise<boolean>
  /** Whether this principal may take away other people's locks. */
  mayBreakLocks(project: ProjectId, principal: PrincipalId): Promise<boolean>
}

/** The objects that a repository has received; nobody else's, whatever the store holds. */
export interface LfsObjects {
  /** Of these, the ones that the project received and that are still there, with their sizes. */
  received(project: ProjectId, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Bytes>>
  /**
   * A push counts on an object that was received before: it stays from now on as long as if it had come now. Throws
   * QUOTA_EXCEEDED where the project had given it up meanwhile and can't take it again.
   */
  rely(project: ProjectId, digest: Digest): Promise<void>
  /** Throws QUOTA_EXCEEDED or DISK_FULL where the project can't take so much more. */
  allow(project: ProjectId, bytes: Bytes): Promise<void>
  /**
   * Takes an object's bytes in and lets the project read it from then on. All bytes are read and their digest
   * compared, also when the store has them already: to know a digest proves nothing. Throws BLOB_DIGEST_MISMATCH,
   * BLOB_TOO_LARGE beyond `object.size`, DISK_FULL, QUOTA_EXCEEDED. A body that is shorter, though its digest is right,
   * is granted to nobody: compare what is given back. The stream's buffers are the store's to free.
   */
  receive(
    project: ProjectId,
    by: PrincipalId,
    object: LfsObject,
    content: Readable,
  ): Promise<{ readonly size: Bytes }>
  /** Bytes [start, end) of an object that the project received. */
  read(digest: Digest, range: { readonly start: Bytes; readonly end: Bytes }): Promise<Readable>
}

/** Uploads that were cut off, to be gone on with. One for each project, principal and object. */
export interface LfsPartials {
  /** How many bytes there are; 0 where none came yet. */
  offset(key: PartialKey): Promise<Bytes>
  /**
   * Appends at `offset`, at most `limit` bytes. What came before an error stays. Gives the new offset. Only one
   * caller at a time for each key.
   */
  append(key: PartialKey, offset: Bytes, content: Readable, limit: Bytes): Promise<Bytes>
  /** The bytes so far. */
  read(key: PartialKey): Promise<Readable>
  remove(key: PartialKey): Promise<void>
}

export interface PartialKey {
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly digest: Digest
}

export interface LfsLock {
  readonly id: LockId
  readonly project: ProjectId
  /** Relative to the root of the repository, with forward slashes. It holds on every branch. */
  readonly path: string
  readonly owner: PrincipalId
  /** Of the owner. */
  readonly ownerName: string
  readonly lockedAt: Instant
}

export interface LfsLockQuery {
  readonly path?: string
  readonly id?: string
  /** The id of the last one that was seen. */
  readonly after?: string
  readonly limit: number
}

export interface LfsLocks {
  /** Of two at once for the same path one gets it; the other is shown whose it is. */
  lock(
    project: ProjectId,
    path: string,
    owner: PrincipalId,
  ): Promise<{ readonly kind: 'locked' | 'taken'; readonly lock: LfsLock }>
  /** Oldest first. */
  locks(project: ProjectId, query: LfsLockQuery): Promise<readonly LfsLock[]>
  /** Whether it was there. */
  unlock(project: ProjectId, id: LockId): Promise<boolean>
}

/** A project may read an object: its repository received the bytes. */
export interface LfsGrant extends LfsObject {
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly grantedAt: Instant
}

/** What the database holds of Git LFS. Every adapter passes test/contracts/stores. */
export interface LfsStore {
  /** Nothing changes where the project has the object already. */
  grant(grant: LfsGrant): Promise<void>
  /** Of these digests, the ones that the project may read, with their sizes. */
  granted(project: ProjectId, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Bytes>>
  /** All of a project's, by digest, after `after`: what a collection looks for in its history. */
  grants(
    project: ProjectId,
    page: { readonly after?: Digest; readonly limit: number },
  ): Promise<readonly LfsObject[]>
  /** `taken` gives the lock that is there. */
  addLock(
    lock: Omit<LfsLock, 'ownerName'>,
  ): Promise<{ readonly kind: 'locked' | 'taken'; readonly lock: LfsLock }>
  locks(project: ProjectId, query: LfsLockQuery): Promise<readonly LfsLock[]>
  removeLock(project: ProjectId, id: LockId): Promise<boolean>
}
