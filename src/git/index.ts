export * from './errors.ts'
export { archiveWithHistory } from './history/history.ts'
export { type GitFrontDoor, gitFrontDoor } from './http/front-door.ts'
export { changedByPush } from './lfs/changed-paths.ts'
export { type LfsFrontDoor, lfsFrontDoor } from './lfs/front-door.ts'
export { lfsObjectsOf, type PointerAt, pointersIn } from './lfs/objects-of.ts'
export {
  formatPointer,
  type LfsPointer,
  looksLikePointer,
  MAX_POINTER_BYTES,
  parsePointer,
} from './lfs/pointer.ts'
export { type PointerFile, pointerFiles } from './lfs/pointers.ts'
export type * from './ports.ts'
export { nearestAncestor } from './read/ancestors.ts'
export { archive } from './read/archive.ts'
export { changedFiles, mergeBase } from './read/changes.ts'
export { describeCommit, isAncestor, resolveCommit } from './read/commits.ts'
export { isRefName, NO_COMMIT } from './read/names.ts'
export { ownRefs, readRefs } from './read/refs.ts'
export { type Submodule, submodulesIn } from './read/submodules.ts'
export { tagMessage } from './read/tags.ts'
export { listFiles, readFile, treeId } from './read/tree.ts'
export { fetchRemote, type Remote, type RemoteProtocol } from './remote/fetch.ts'
export { HOST_ALIAS, type SshFiles } from './remote/ssh.ts'
export { createRepository, removeRepository } from './repository/create.ts'
export { keepCommit } from './repository/maintain.ts'
export type * from './types.ts'
export { mergeTree, writeCommit } from './write/merge.ts'
export { writeTag } from './write/tag.ts'
export { updateRefs } from './write/update-refs.ts'
