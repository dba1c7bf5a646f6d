import { BallastError } from '../core/index.ts'

export type RegistryErrorCode =
  /** Bytes are not those that their digest names: a broken transfer, or a damaged store. */
  | 'BLOB_DIGEST_MISMATCH'
  | 'BLOB_TOO_LARGE'
  | 'BLOB_NOT_FOUND'
  /** The project may not hold as many bytes. */
  | 'QUOTA_EXCEEDED'
  /** Another packing, or a collection, took what this one counted on: it is done again. */
  | 'CHUNKS_GONE'
  /** The packer can't make a pack of a file, or died of it. */
  | 'PACKING_FAILED'
  /** It was ended because the server stops. */
  | 'PACKING_STOPPED'
  /** The object is known, and neither its file nor its pack gives its bytes. */
  | 'OBJECT_DAMAGED'
  | 'VERSION_NOT_FOUND'
  /** A prefix of a digest or commit fits several. */
  | 'VERSION_AMBIGUOUS'
  /** What names a version can't. */
  | 'VERSION_NAME_INVALID'
  /** Retention gave up its bytes. */
  | 'VERSION_EXPIRED'
  | 'ALIAS_INVALID'
  /** It is not where whoever moves it believes. */
  | 'ALIAS_MOVED'
  | 'SEARCH_INVALID'
  | 'RETENTION_INVALID'
  /** A file to import is not what an export writes. */
  | 'EXPORT_INVALID'
  /** Another project registered this name first. */
  | 'MODEL_OWNED_ELSEWHERE'
  | 'MANIFEST_INVALID'
  /** An encoded piece can't be what the codec made: the store is damaged. */
  | 'PIECE_CORRUPT'
  /** A pack's records or checksums do not fit: the store is damaged. */
  | 'PACK_CORRUPT'
  | 'PACK_NOT_FOUND'
  /** A file was packed against another one, which is not at hand. */
  | 'BASE_MISSING'

export class RegistryError extends BallastError<RegistryErrorCode> {}

/** Of a version whose bytes are wanted and are given up. */
export function versionExpired({ model, number, expired }: ExpiredVersion): RegistryError {
  return new RegistryError('VERSION_EXPIRED', {
    message: `${model} v${number} has expired: ${expired.reason}`,
    hint: 'Its manifest and records are kept, its bytes are not. Register the same files again to have it back.',
    details: { model, number },
  })
}

interface ExpiredVersion {
  readonly model: string
  readonly number: number
  readonly expired: { readonly reason: string }
}
