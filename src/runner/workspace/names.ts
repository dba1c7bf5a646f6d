/** Longest path and deepest folder: what Linux file systems take, with room for the workspace's own path. */
const MAX_PATH_BYTES = 3500
const MAX_SEGMENT_BYTES = 255

/**
 * A path inside a folder, in its plain form (`a/b/c`), or undefined when it is absolute, empty, climbs (`..`)
 * or can't be a name. A trailing slash and leading `./` fall away.
 */
export function plainPath(path: string): string | undefined {
  const plain = path.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
  if (plain === '' || plain.includes('\0') || Buffer.byteLength(plain) > MAX_PATH_BYTES) return undefined
  const segments = plain.split('/')
  const good = segments.every(
    segment =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES,
  )
  return good ? plain : undefined
}

/**
 * Whether a link at `path` (plain) to `target` stays within the root, whatever other such links do: the target
 * climbs first, no higher than the root, and after its first name never again. (`x/..` may lead anywhere when
 * `x` is itself a link.) `path`'s own folders must be real ones.
 */
export function linkStaysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  if (Buffer.byteLength(target) > MAX_PATH_BYTES) return false
  const depth = path.split('/').length - 1
  const segments = target.split('/').filter(segment => segment !== '' && segment !== '.')
  const climbs = segments.findIndex(segment => segment !== '..')
  if (climbs < 0) return segments.length <= depth
  return climbs <= depth && !segments.slice(climbs).includes('..')
}
