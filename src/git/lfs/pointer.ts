import type { Bytes, Digest } from '../../core/index.ts'

/** A pointer is shorter; what is as long is a file of its own. Git LFS reads no more either. */
export const MAX_POINTER_BYTES = 1023

/** What Git holds in the place of a large file. */
export interface LfsPointer {
  /** SHA-256 of the file's bytes. */
  readonly digest: Digest
  readonly size: Bytes
}

const VERSIONS: ReadonlySet<string> = new Set([
  'https://git-lfs.github.com/spec/v1',
  // Its name before its first release; clients still read it.
  'https://hawser.github.com/spec/v1',
])
const MARK = 'version https://'
/** Sizes above 2^53 are no sizes of files; fifteen digits are a petabyte. */
const SIZE = /^(0|[1-9]\d{0,14})$/
const OID = /^sha256:[0-9a-f]{64}$/

/**
 * Reads a pointer as version 1 of the specification writes it: `version`, `oid` and `size`, each once and in this
 * order. Undefined for everything else: a longer file, another hash, one that an extension of the client changed.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function parsePointer(bytes: Uint8Array): LfsPointer | undefined {
  if (bytes.length > MAX_POINTER_BYTES) return undefined
  const lines = Buffer.from(bytes).toString('latin1').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const [version, oid, size] = ['version', 'oid', 'size'].map((key, place) => fieldOf(lines[place], key))
  if (lines.length !== 3 || version === undefined || oid === undefined || size === undefined) return undefined
  if (!VERSIONS.has(version) || !OID.test(oid) || !SIZE.test(size)) return undefined
  return { digest: oid as Digest, size: Number(size) }
}

/** As every client writes it, so that equal files have equal pointers. */
export function formatPointer({ digest, size }: LfsPointer): string {
  return `version https://git-lfs.github.com/spec/v1\noid ${digest}\nsize ${size}\n`
}

/** Whether a file that can't be read as a model or as data is a pointer: any, one that only a client can read too. */
export function looksLikePointer(start: Uint8Array): boolean {
  const text = Buffer.from(start.subarray(0, 64)).toString('latin1')
  return text.startsWith(MARK) && [...VERSIONS].some(version => text.startsWith(`version ${version}`))
}

function fieldOf(line: string | undefined, key: string): string | undefined {
  return line?.startsWith(`${key} `) ? line.slice(key.length + 1) : undefined
}
