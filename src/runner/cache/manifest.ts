import { dirname } from 'node:path'
import { type CacheManifest, cacheManifestSchema, MAX_CACHE_MANIFEST_BYTES } from '../../api/index.ts'
import { linkStaysInside, plainPath } from '../workspace/names.ts'

/**
 * A manifest from its bytes, or undefined where they are none that may be laid into a workspace: a path or link
 * that leads out, a path twice, something below a file or a link, a folder that comes after what it holds.
 */
export function readManifest(bytes: Uint8Array): CacheManifest | undefined {
  if (bytes.length > MAX_CACHE_MANIFEST_BYTES) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  const { data } = cacheManifestSchema.safeParse(value)
  return data && isTree(data) ? data : undefined
}

export function manifestBytes(manifest: CacheManifest): Buffer {
  return Buffer.from(JSON.stringify(manifest))
}

function isTree({ entries }: CacheManifest): boolean {
  const folders = new Set<string>()
  const others = new Set<string>()
  for (const entry of entries) {
    const { path } = entry
    if (plainPath(path) !== path || folders.has(path) || others.has(path)) return false
    if (entry.kind === 'link' && !linkStaysInside(path, entry.target)) return false
    if (entry.kind === 'folder') folders.add(path)
    else others.add(path)
  }
  // Every folder above, named or not, must be able to be one.
  const good = new Set<string>(['.'])
  for (const { path } of entries) {
    for (let above = dirname(path); !good.has(above); above = dirname(above)) {
      if (others.has(above)) return false
      good.add(above)
    }
  }
  return true
}
