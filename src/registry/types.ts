import type {
  Bytes,
  CommitId,
  Digest,
  Instant,
  JobId,
  Json,
  ProjectId,
  RecordId,
  VersionId,
} from '../core/index.ts'
import type { Expiry } from './versions/types.ts'

export { ENCODINGS, type Encoding } from './codec/types.ts'
export * from './store/types.ts'
export * from './versions/types.ts'

/** A file of a version, by content. */
export interface BlobRef {
  readonly name: string
  readonly digest: Digest
  readonly size: Bytes
}

/**
 * What a version is: model bytes, model configuration and commit. Its digest covers exactly this; whatever is
 * found out about it later is a record.
 */
export interface VersionManifest {
  readonly model: string
  readonly commit: CommitId
  readonly files: readonly BlobRef[]
  /** `ModelConfig` as JSON. */
  readonly config: Json
}

/** Immutable registered version of a model. */
export interface Version {
  readonly id: VersionId
  readonly project: ProjectId
  readonly model: string
  /** 1, 2, 3 … within its model, in order of registration: what people say. */
  readonly number: number
  readonly digest: Digest
  readonly manifest: VersionManifest
  readonly createdAt: Instant
  /** The job that registered it: with the commit, its provenance. */
  readonly job?: JobId
  readonly expired?: Expiry
}

export const RECORD_KINDS = [
  'scan',
  'inspection',
  'conversion',
  'evaluation',
  'gates',
  'reference-outputs',
  /** How it asks to be served; the last one counts. */
  'serving',
  'approval',
  'rollout',
  /** A `Lineage`. */
  'lineage',
  /** An optimised form of the version. */
  'variant',
  /** What was tried to make the version smaller or faster, and why nothing of it ships where that is so. */
  'optimization',
  'signature',
  /** Which server it came from, and as what. */
  'import',
] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** Append-only statement about a version. */
export interface VersionRecord {
  readonly id: RecordId
  readonly version: VersionId
  readonly kind: RecordKind
  readonly body: Json
  readonly createdAt: Instant
  readonly job?: JobId
  /** Another server's statement, that came with an import: shown, and proof of nothing here. */
  readonly origin?: { readonly server: string; readonly id: string }
}
