import type { ByteSource } from '../../core/index.ts'

export type TarEntryKind = 'file' | 'folder' | 'link' | 'symlink' | 'device' | 'pipe' | 'other'

export interface TarEntry {
  readonly name: string
  readonly kind: TarEntryKind
  /** Of a link: where it leads. */
  readonly target?: string
  readonly size: number
  /** Of its header. */
  readonly offset: number
  /** A file's content, as a range of the archive. */
  open(): ByteSource
}

export const TAR_HAZARDS = [
  'truncated',
  'header-broken',
  'data-after',
  'too-many',
  'link',
  'link-out',
  'special-file',
  'unknown-type',
  'sparse',
  'size-differs',
  'duplicate-name',
  'case-only',
  'absolute-name',
  'climbing-name',
  'backslash',
  'nul-in-name',
  'control-in-name',
  'empty-name',
  'not-utf8',
] as const
export type TarHazardKind = (typeof TAR_HAZARDS)[number]

export interface TarHazard {
  readonly kind: TarHazardKind
  readonly entry?: string
  readonly detail: string
  readonly offset: number
}

export interface TarSurvey {
  readonly entries: readonly TarEntry[]
  readonly hazards: readonly TarHazard[]
}
