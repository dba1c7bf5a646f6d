import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { MAX_CACHE_MANIFEST_BYTES } from '../../api/index.ts'
import { BallastError, type Digest, isDigest, type ProjectId } from '../../core/index.ts'
import { ContentStore, KeyedFiles, readManifest } from '../../runner/index.ts'
import { notFound, ServerError } from '../errors.ts'

/** Of one project: some tens of dependency folders. What was used longest ago goes. */
const MAX_PROJECT_BYTES = 10 * 1024 ** 3
/** One file of a cache. */
const MAX_CONTENT_BYTES = 8 * 1024 ** 3
/** A key's record: a digest and a size. */
const MAX_RECORD_BYTES = 4096
const FULL: readonly string[] = ['STORE_FULL', 'DISK_FULL']

export interface Content {
  readonly digest: Digest
  readonly size: number
}

/** Keys of protected refs are others than those of the rest, whatever they are called. */
export type CacheSide = 'protected' | 'unprotected'

const recordSchema = z.object({ digest: z.string().refine(isDigest), size: z.number().int().nonnegative() })

/**
 * Caches that a project's runners share. A store of contents for each project, so that knowing a digest of
 * another one's grants nothing, and what is pruned is nobody else's:
 *
 *   <data>/caches/<project>/files/…   contents, manifests among them
 *   <data>/caches/<project>/keys/…    which manifest is under a key
 */
export class ProjectCaches {
  readonly #folder: string
  readonly #opened = new Map<ProjectId, Promise<ProjectCache>>()

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'caches')
  }

  of(project: ProjectId): Promise<ProjectCache> {
    let cache = this.#opened.get(project)
    if (!cache) {
      cache = this.#open(project)
      this.#opened.set(project, cache)
      // A disk that failed once may not fail again.
      cache.catch(() => this.#opened.delete(project))
    }
    return cache
  }

  /** With the project. */
  async remove(project: ProjectId): Promise<void> {
    this.#opened.delete(project)
    await rm(join(this.#folder, project), { recursive: true, force: true })
  }

  async #open(project: ProjectId): Promise<ProjectCache> {
    const root = join(this.#folder, project)
    await mkdir(root, { recursive: true, mode: 0o700 })
    return new ProjectCache(await ContentStore.open(root, { maxBytes: MAX_PROJECT_BYTES }))
  }
}

class ProjectCache {
  readonly #store: ContentStore
  readonly #keys: KeyedFiles

  constructor(store: ContentStore) {
    this.#store = store
    this.#keys = new KeyedFiles(join(store.root, 'keys'), MAX_RECORD_BYTES)
  }

  /** The first of the keys that has a manifest which is still here. */
  async find(
    side: CacheSide,
    keys: readonly string[],
  ): Promise<{ readonly key: string; readonly manifest: Content } | undefined> {
    for (const key of keys) {
      const manifest = await this.#record(side, key)
      if (manifest && (await this.#store.has(manifest.digest))) return { key, manifest }
    }
    return undefined
  }

  /** Which of the contents are not here; the others have just been used. */
  async lacking(digests: readonly Digest[]): Promise<Digest[]> {
    const lacking: Digest[] = []
    for (const digest of digests) if (!(await this.#store.has(digest))) lacking.push(digest)
    return lacking
  }

  /** Throws NOT_FOUND. */
  async stream(digest: Digest): Promise<Readable> {
    if (!(await this.#store.has(digest))) throw notFound('cached content', digest)
    return createReadStream(this.#store.pathOf(digest), { highWaterMark: 256 * 1024 })
  }

  /** Throws REQUEST_INVALID when the bytes are something else, or too many. */
  async put(content: Content, body: AsyncIterable<Uint8Array>): Promise<void> {
    if (content.size > MAX_CONTENT_BYTES)
      throw invalid(
        `A file of a cache may have ${MAX_CONTENT_BYTES} bytes; this one has ${content.size}`,
        'Leave it out of the cache.',
      )
    // A cache only saves time: no runner is to wait until there is room.
    const isGood = await this.#store.receive(content, body).catch((cause: unknown) => {
      if (!(cause instanceof BallastError) || !FULL.includes(cause.code)) throw cause
      throw invalid(cause.message, 'Cache less, or make room on that disk.')
    })
    if (!isGood) throw invalid(`The bytes are not ${content.digest}`, 'Send them again.')
  }

  /**
   * Puts a manifest under a key. Throws REQUEST_INVALID when it is none, or a content is not here: a key never
   * leads to what is not whole, as far as nothing is pruned meanwhile.
   */
  async save(side: CacheSide, key: string, manifest: Content): Promise<void> {
    const read = await this.#manifest(manifest)
    if (!read) throw invalid(`${manifest.digest} is no manifest of a cache`, 'Put it as a blob first.')
    const digests = read.entries.flatMap(entry => (entry.kind === 'file' ? [entry.digest as Digest] : []))
    const lacking = await this.lacking(digests)
    if (lacking.length > 0)
      throw invalid(`${lacking.length} contents are not here, such as ${lacking[0]}`, 'Put them first.')
    await this.#keys.write(`${side}\n${key}`, Buffer.from(JSON.stringify(manifest)))
  }

  async #manifest({ digest, size }: Content) {
    if (size > MAX_CACHE_MANIFEST_BYTES || !(await this.#store.has(digest))) return undefined
    const bytes = await readFile(this.#store.pathOf(digest))
    return bytes.length === size ? readManifest(bytes) : undefined
  }

  async #record(side: CacheSide, key: string): Promise<Content | undefined> {
    const bytes = await this.#keys.read(`${side}\n${key}`)
    if (!bytes) return undefined
    try {
      return recordSchema.parse(JSON.parse(bytes.toString())) as Content
    } catch {
      return undefined
    }
  }
}

function invalid(message: string, hint: string): ServerError {
  return new ServerError('REQUEST_INVALID', { message, hint })
}
