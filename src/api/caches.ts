/**
 * Wire schemas of caches, between runners and the control plane. All under /api/v1/attempts/:id/caches with the
 * attempt's token, and of the attempt's project alone:
 *
 *   POST  /find           the first of these keys that has a manifest
 *   POST  /lacking        which of these contents the project's cache has not
 *   GET   /blobs/:digest  a content
 *   PUT   /blobs/:digest  the same, the other way
 *   POST  /save           puts a manifest, whose contents are all there, under a key
 */
import { z } from 'zod'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const size = z.number().int().nonnegative()
const mode = z.number().int().min(0).max(0o777)
const path = z.string().min(1).max(4096)

/** Entries of one cache: a large node_modules has 100,000. */
export const MAX_CACHE_ENTRIES = 200_000
/** Of its JSON: entries with long paths. */
export const MAX_CACHE_MANIFEST_BYTES: number = 64 * 1024 * 1024
/** Asked about in one request. */
export const MAX_LACKING_ASKED = 10_000
/** GitLab allows 5 fallback keys of each cache, and one for the project. */
const MAX_KEYS = 20
const MAX_KEY_LENGTH = 2000

export const cacheEntrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), path, mode }),
  z.object({ kind: z.literal('file'), path, digest, size, mode, mtimeMs: z.number().int() }),
  /** Stays within the workspace. */
  z.object({ kind: z.literal('link'), path, target: path }),
])
export type CacheEntry = z.infer<typeof cacheEntrySchema>

export const cacheManifestSchema = z.object({
  version: z.literal(1),
  /** Sorted by path. */
  entries: z.array(cacheEntrySchema).max(MAX_CACHE_ENTRIES),
})
export type CacheManifest = z.infer<typeof cacheManifestSchema>

const contentSchema = z.object({ digest, size })
const key = z.string().min(1).max(MAX_KEY_LENGTH)

export const cacheFindSchema = z.object({ keys: z.array(key).min(1).max(MAX_KEYS) })
export const cacheFindResponseSchema = z.object({
  /** The manifest is a content as any other. */
  found: z.object({ key, manifest: contentSchema }).optional(),
})
export type CacheFindResponse = z.infer<typeof cacheFindResponseSchema>

export const cacheLackingSchema = z.object({ contents: z.array(digest).max(MAX_LACKING_ASKED) })
export const cacheLackingResponseSchema = z.object({ lacking: z.array(digest) })

export const cacheSaveSchema = z.object({ key, manifest: contentSchema })
