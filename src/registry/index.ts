export * from './errors.ts'
export type * from './layout/types.ts'
export type { PackedFile } from './pack/single/unpack-file.ts'
export type * from './ports.ts'
export { type KeeperPorts, StoreKeeper } from './store/keeper.ts'
export { packerProcess } from './store/packer/child.ts'
export { packFile } from './store/packer/pack-file.ts'
export { childPacker } from './store/packer/parent.ts'
export type { Packer, PackWork } from './store/packing.ts'
export * from './types.ts'
export type { ConfigChange, FileChange, VersionDiff } from './versions/diff.ts'
export { EXPORT_FORMAT, type ExportedVariant, type ExportFacts } from './versions/export/facts.ts'
export { readExport } from './versions/export/read.ts'
export { writeExport } from './versions/export/write.ts'
export { makeManifest, manifestDigest } from './versions/manifest.ts'
export {
  checkAliasName,
  formatVersionName,
  LATEST,
  parseModelVersion,
  parseVersionName,
  type VersionName,
} from './versions/reference.ts'
export {
  checkRetention,
  describeRetention,
  judgeRetention,
  type RetentionFacts,
  type RetentionVerdict,
} from './versions/retention.ts'
export { matches } from './versions/search/matches.ts'
export { parseSearch } from './versions/search/parse.ts'
export type { SearchFacts, SearchTerm } from './versions/search/types.ts'
export { type ServingInterval, servedAt, servingIntervals } from './versions/serving.ts'

/** Packs, with their codec and threads, loaded when something is packed or read. */
export async function loadPacks(): Promise<typeof import('./pack/index.ts')> {
  return import('./pack/index.ts')
}
