import { chown } from 'node:fs/promises'
import type { LfsFiles } from '../../../api/index.ts'
import { type Digest, formatSize, inParallel } from '../../../core/index.ts'
import { untilReached } from '../../control/backoff.ts'
import type { AttemptRoutes } from '../../control/control-plane.ts'
import { RunnerError } from '../../errors.ts'
import type { ContentStore } from '../../store/content-store.ts'
import { fetchFile, placeFor } from '../../workspace/blobs.ts'
import type { AttemptFolder } from '../folder.ts'

/** Fetches of a blob that came damaged, before the attempt is given up. */
const BLOB_TRIES = 3
/** Large files share one line and one disk. */
const AT_ONCE = 4
/** Names in a message; the rest is counted. */
const MAX_NAMED = 5

interface LayOptions {
  readonly signal: AbortSignal
  /** Gets what is laid out. */
  readonly owner: number | undefined
}

type LfsFile = LfsFiles['files'][number] & { readonly digest: Digest }

/**
 * Puts the real files in the place of the commit's pointers. Each content is fetched once for this machine, and every
 * workspace gets a copy of its own, a reflink where the file system has them. Throws LFS_OBJECT_MISSING before it
 * fetches anything.
 */
export async function layLfsFiles(
  folder: AttemptFolder,
  routes: AttemptRoutes,
  store: ContentStore,
  options: LayOptions,
): Promise<void> {
  await folder.section('lfs_files', 'Files of Git LFS', async () => {
    const { files, missing } = await untilReached(options.signal, () => routes.lfsFiles(options.signal))
    if (missing.length > 0) throw neverReceived(missing)
    const laying = new Laying(folder.places.workspace, routes, store, options)
    await inParallel(files, AT_ONCE, file => laying.lay({ ...file, digest: file.digest as Digest }))
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    const kept = laying.fetched === 0 ? ', all of them kept here from before' : ''
    await folder.say(`${files.length} files of Git LFS, ${formatSize(bytes)}${kept}`)
  })
}

class Laying {
  readonly #workspace: string
  readonly #routes: AttemptRoutes
  readonly #store: ContentStore
  readonly #options: LayOptions
  /** Of a content that several paths have: it comes once. */
  readonly #coming = new Map<Digest, Promise<void>>()
  fetched = 0

  constructor(workspace: string, routes: AttemptRoutes, store: ContentStore, options: LayOptions) {
    this.#workspace = workspace
    this.#routes = routes
    this.#store = store
    this.#options = options
  }

  async lay(file: LfsFile): Promise<void> {
    const { owner, signal } = this.#options
    for (let n = 1; n <= BLOB_TRIES; n++) {
      if (!(await this.#bringIn(file))) break
      const target = await placeFor(this.#workspace, file.path, owner)
      const outcome = await this.#store.give(file, target, file.executable ? 0o755 : 0o644)
      if (outcome !== 'given') continue
      if (owner !== undefined) await chown(target, owner, owner)
      return
    }
    // The store has no room, or loses what it takes: this workspace needs it all the same.
    const fetch = (digest: Digest) => this.#routes.blob(digest, signal)
    await untilWhole(signal, () => fetchFile(this.#workspace, file, fetch, owner))
  }

  /** False: the store takes nothing more. */
  async #bringIn(file: LfsFile): Promise<boolean> {
    const under = this.#coming.get(file.digest)
    const coming = under ?? this.#fetch(file)
    this.#coming.set(file.digest, coming)
    try {
      await coming
      return true
    } catch (error) {
      if (error instanceof RunnerError && error.code === 'STORE_FULL') return false
      throw error
    } finally {
      this.#coming.delete(file.digest)
    }
  }

  async #fetch(file: LfsFile): Promise<void> {
    if (await this.#store.has(file.digest)) return
    const { signal } = this.#options
    this.fetched++
    await untilWhole(signal, async () => {
      const body = await this.#routes.blob(file.digest, signal)
      try {
        if (!(await this.#store.receive(file, body))) throw damaged(file)
      } finally {
        body.destroy()
      }
    })
  }
}

/** Does `work` again while the control plane is away, and a few times where bytes came damaged. */
export async function untilWhole(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      await untilReached(signal, work)
      return
    } catch (error) {
      // A connection that was cut shows as a wrong size.
      if (!(error instanceof RunnerError && error.code === 'BLOB_DIGEST_MISMATCH') || n === BLOB_TRIES)
        throw error
    }
  }
}

function damaged({ path, digest, size }: LfsFile): RunnerError {
  return new RunnerError('BLOB_DIGEST_MISMATCH', {
    message: `Expected ${path} to be ${digest} (${size} bytes), received other bytes`,
    hint: 'Try the job again; if it happens again, the object is damaged in the store.',
    details: { expected: digest, size },
  })
}

function neverReceived(missing: LfsFiles['missing']): RunnerError {
  const named = missing
    .slice(0, MAX_NAMED)
    .map(({ path, digest, size }) => `${path} (${digest}, ${formatSize(size)})`)
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
  return new RunnerError('LFS_OBJECT_MISSING', {
    message: `The commit has pointers of Git LFS to files that this project never received: ${named.join(', ')}${more}`,
    hint: 'Send them with `git lfs push --all origin`, then retry the job; `GIT_LFS_SKIP_SMUDGE: 1` runs a job without them.',
    details: { missing: missing.length },
  })
}
