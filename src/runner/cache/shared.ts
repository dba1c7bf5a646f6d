import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CacheManifest, MAX_CACHE_MANIFEST_BYTES, MAX_LACKING_ASKED } from '../../api/index.ts'
import { type Digest, inParallel } from '../../core/index.ts'
import { untilReached } from '../control/backoff.ts'
import type { AttemptRoutes } from '../control/control-plane.ts'
import { RunnerError } from '../errors.ts'
import type { ContentStore, StoredContent } from '../store/content-store.ts'
import { manifestBytes, readManifest } from './manifest.ts'
import type { SharedCaches } from './place.ts'

/** Contents under way at once. */
const AT_ONCE = 8

/** The project's caches at the control plane, by the routes of an attempt. */
export class ControlPlaneCaches implements SharedCaches {
  readonly #routes: AttemptRoutes
  readonly #signal: AbortSignal

  constructor(routes: AttemptRoutes, signal: AbortSignal) {
    this.#routes = routes
    this.#signal = signal
  }

  async fetch(key: string, store: ContentStore): Promise<CacheManifest | undefined> {
    const found = await this.#reach(() => this.#routes.findCache([key], this.#signal))
    if (!found || found.manifest.size > MAX_CACHE_MANIFEST_BYTES) return undefined
    const manifest = found.manifest as StoredContent
    await this.#fetchContent(manifest, store)
    const read = readManifest(await readFile(store.pathOf(manifest.digest)))
    if (read) await inParallel(contentsOf(read), AT_ONCE, content => this.#fetchContent(content, store))
    return read
  }

  async share(key: string, manifest: CacheManifest, store: ContentStore): Promise<number> {
    const contents = new Map(contentsOf(manifest).map(content => [content.digest, content]))
    let sent = 0
    await inParallel(await this.#lacking([...contents.keys()]), AT_ONCE, async digest => {
      const { size } = contents.get(digest)!
      await this.#put({ digest, size }, store)
      sent += size
    })
    const content = await this.#putManifest(manifest, store)
    await this.#reach(() => this.#routes.saveCache(key, content, this.#signal))
    return sent + content.size
  }

  async #lacking(digests: readonly Digest[]): Promise<readonly Digest[]> {
    const lacking: Digest[] = []
    for (let at = 0; at < digests.length; at += MAX_LACKING_ASKED) {
      const asked = digests.slice(at, at + MAX_LACKING_ASKED)
      lacking.push(...(await this.#reach(() => this.#routes.lackingInCache(asked, this.#signal))))
    }
    // Only what was asked about: whoever answers does not choose what is sent.
    const known = new Set(digests)
    return lacking.filter(digest => known.has(digest))
  }

  async #putManifest(manifest: CacheManifest, store: ContentStore): Promise<StoredContent> {
    const folder = await mkdtemp(join(tmpdir(), 'ballast-manifest-'))
    try {
      const path = join(folder, 'manifest.json')
      await writeFile(path, manifestBytes(manifest))
      const content = await store.take(path)
      await this.#put(content, store)
      return content
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #put({ digest, size }: StoredContent, store: ContentStore): Promise<void> {
    await this.#reach(async () => {
      // Each time: a store that is full may have dropped it, and then no further try would help.
      if (!(await store.has(digest))) throw gone(digest)
      await this.#routes.putCacheBlob(digest, size, store.pathOf(digest), this.#signal)
    })
  }

  async #fetchContent(content: StoredContent, store: ContentStore): Promise<void> {
    if (await store.has(content.digest)) return
    await this.#reach(async () => {
      const body = await this.#routes.cacheBlob(content.digest, this.#signal)
      try {
        if (!(await store.receive(content, body))) throw damaged(content.digest)
      } finally {
        body.destroy()
      }
    })
  }

  #reach<T>(work: () => Promise<T>): Promise<T> {
    return untilReached(this.#signal, work)
  }
}

function contentsOf({ entries }: CacheManifest): StoredContent[] {
  return entries
    .filter(entry => entry.kind === 'file')
    .map(({ digest, size }) => ({ digest: digest as Digest, size }))
}

function gone(digest: Digest): RunnerError {
  return new RunnerError('INPUT_INVALID', {
    message: `The content ${digest} is no longer in this runner's store`,
    hint: 'The store is full with what other jobs use: make the cache smaller.',
  })
}

function damaged(digest: Digest): RunnerError {
  return new RunnerError('BLOB_DIGEST_MISMATCH', {
    message: `What the control plane sent as ${digest} is something else`,
    hint: 'Its disk or the network damaged it; the job makes the cache again.',
  })
}
