import type { ByteSource } from '../../../core/index.ts'

/** What is unusual about an archive. What each means for a loader is the scanner's to say. */
export const ZIP_HAZARDS = [
  /** The archive as a whole. */
  'no-directory',
  'several-ends',
  'several-disks',
  'count-differs',
  'directory-broken',
  'two-directories',
  'data-before',
  'data-between',
  'data-after',
  'too-many',
  /** Directory and local header of an entry. */
  'no-local-header',
  'only-local',
  'name-differs',
  'method-differs',
  'size-differs',
  'crc-differs',
  'flags-differ',
  'descriptor-differs',
  'overlap',
  /** An entry by itself. */
  'encrypted',
  'unread-method',
  'two-sizes',
  'expansion',
  'symlink',
  'special-file',
  'nested-archive',
  /** Names. */
  'duplicate-name',
  'case-only',
  'not-utf8',
  'unicode-path',
  'nul-in-name',
  'control-in-name',
  'backslash',
  'absolute-name',
  'climbing-name',
  'empty-name',
  'long-name',
] as const
export type ZipHazardKind = (typeof ZIP_HAZARDS)[number]

export interface ZipHazard {
  readonly kind: ZipHazardKind
  /** The entry's name, where one is concerned. */
  readonly entry?: string
  /** With the values: `the directory says 'a', the local header 'b'`. */
  readonly detail: string
  /** In the archive, in bytes. */
  readonly offset: number
}

/** One header of an entry, as it stands there. */
export interface ZipHeader {
  /** Of the header itself. */
  readonly offset: number
  readonly name: string
  readonly nameBytes: Uint8Array
  readonly extra: Uint8Array
  readonly flags: number
  readonly method: number
  readonly crc32: number
  readonly compressedSize: number
  readonly size: number
}

export interface CentralHeader extends ZipHeader {
  /** Where the local header should be, in this file. */
  readonly localOffset: number
  readonly madeBy: number
  readonly externalAttributes: number
}

export interface LocalHeader extends ZipHeader {
  readonly dataOffset: number
  /** The data's first bytes. */
  readonly head: Uint8Array
  /** Where the data ends, as the walk from the file's start took it. */
  readonly dataEnd: number
  /** What stands behind the data, if sizes follow it. */
  readonly descriptor?: { readonly crc32: number; readonly compressedSize: number; readonly size: number }
}

/** One way in which a loader would read an entry. */
export interface EntryView {
  /**
   * `directory`: by the sizes and method of the central directory (Python's zipfile, PyTorch's miniz, Java, most).
   * `local`: by those of the local header (readers of streams, libarchive, recovery). Both where they agree.
   */
  readonly by: readonly ('directory' | 'local')[]
  readonly name: string
  readonly method: number
  /**
   * The content, unpacked as far as that goes: checksum, stated size and the flag of encryption are ignored, and a
   * stream that breaks gives what came before. Throws ZIP_UNSUPPORTED for a method that is not read, DATA_LIMIT for
   * a bomb. The caller closes it.
   */
  open(): Promise<ByteSource>
}

export interface SurveyedEntry {
  /** The directory's name, else the local header's. */
  readonly name: string
  /** Of the local header, else of the directory's record. */
  readonly offset: number
  readonly central?: CentralHeader
  readonly local?: LocalHeader
  /** Its name ends with `/`. */
  readonly directory: boolean
  /** At least one, except for records that lead nowhere. */
  readonly views: readonly EntryView[]
}

/** Everything in an archive that any loader may find. */
export interface ZipSurvey {
  readonly entries: readonly SurveyedEntry[]
  readonly hazards: readonly ZipHazard[]
}
