import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  BallastError,
  type Digest,
  DownloadFailure,
  digestOfFile,
  diskFull,
  downloadTo,
  hexOf,
  inParallel,
  messageOf,
} from '../../core/index.ts'
import type { LfsPointer } from '../../git/index.ts'
import { type Action, askBatch, BATCH_OBJECTS, type LfsServer } from './batch.ts'

/** As many as git-lfs's own default is; more share one line. */
const AT_ONCE = 8
/** An address that has expired is asked for anew, so often. */
const MAX_ASKS = 3
const EXPIRED: readonly (number | undefined)[] = [401, 403, 404, 410]

export interface Wanted extends LfsPointer {
  /** One of the paths that have it: for whoever watches. */
  readonly path: string
}

/** Objects as git-lfs keeps them: `<git>/lfs/objects/4d/7a/4d7a2146…`, and beside them what is on its way. */
export class LfsFolder {
  readonly #folder: string

  constructor(gitFolder: string) {
    this.#folder = join(gitFolder, 'lfs')
  }

  async prepare(): Promise<void> {
    for (const name of ['objects', 'tmp']) await mkdir(join(this.#folder, name), { recursive: true })
  }

  pathOf(digest: Digest): string {
    const hex = hexOf(digest)
    return join(this.#folder, 'objects', hex.slice(0, 2), hex.slice(2, 4), hex)
  }

  temporary(name: string): string {
    return join(this.#folder, 'tmp', name)
  }

  /** Whether an earlier clone, or git-lfs, brought it; its bytes are looked at. */
  async has({ digest, size }: LfsPointer): Promise<boolean> {
    const path = this.pathOf(digest)
    const found = await stat(path).catch(() => undefined)
    return found?.isFile() === true && found.size === size && (await digestOfFile(path)) === digest
  }
}

/**
 * Fetches what is missing, several at once; each appears whole and verified under its name, or not at all. What came
 * before an error stays, and the next call goes on with it. Gives how many bytes had to come. Throws
 * LFS_OBJECTS_MISSING, LFS_SERVER_FAILED, DISK_FULL.
 */
export async function fetchObjects(
  folder: LfsFolder,
  server: LfsServer,
  wanted: readonly Wanted[],
  onBytes: (count: number, path: string) => void,
): Promise<number> {
  let fetched = 0
  for (let from = 0; from < wanted.length; from += BATCH_OBJECTS) {
    const missing: Wanted[] = []
    for (const object of wanted.slice(from, from + BATCH_OBJECTS)) {
      if (await folder.has(object)) onBytes(object.size, object.path)
      else missing.push(object)
    }
    if (missing.length === 0) continue
    const { actions, problems } = await askBatch(server, missing)
    if (problems.size > 0) throw notThere(missing, problems)
    await inParallel(missing, AT_ONCE, async object => {
      await fetchOne(folder, server, { object, action: actions.get(object.digest)! }, onBytes)
      fetched += object.size
    })
  }
  return fetched
}

async function fetchOne(
  folder: LfsFolder,
  server: LfsServer,
  { object, action: first }: { readonly object: Wanted; readonly action: Action },
  onBytes: (count: number, path: string) => void,
): Promise<void> {
  const part = folder.temporary(`${hexOf(object.digest)}.part`)
  let action = first
  for (let asks = 1; ; asks++) {
    try {
      await downloadTo(part, object, {
        request: (headers, signal) =>
          fetch(action.href, { headers: { ...action.header, ...headers }, signal, redirect: 'follow' }),
        onBytes: count => onBytes(count, object.path),
      })
      break
    } catch (error) {
      const isExpired = error instanceof DownloadFailure && EXPIRED.includes(error.status)
      if (!isExpired || asks === MAX_ASKS) throw diskFull(error, part) ?? broken(object, error)
      action = (await askBatch(server, [object])).actions.get(object.digest) ?? action
    }
  }
  const path = folder.pathOf(object.digest)
  await mkdir(dirname(path), { recursive: true })
  await rename(part, path)
}

function notThere(wanted: readonly Wanted[], problems: ReadonlyMap<Digest, string>): BallastError {
  const [first] = wanted.filter(({ digest }) => problems.has(digest))
  const more = problems.size > 1 ? `, and ${problems.size - 1} more` : ''
  return new BallastError('LFS_OBJECTS_MISSING', {
    message: `The server does not give ${first!.path} (${first!.digest}): ${problems.get(first!.digest)}${more}`,
    hint: 'Who has the files sends them with `git lfs push --all origin`. The rest of the repository is there, with pointers.',
  })
}

function broken({ path, digest }: Wanted, error: unknown): BallastError {
  return new BallastError('LFS_OBJECT_BROKEN', {
    message: `${path} did not come whole: expected ${digest}, ${messageOf(error)}`,
    hint: 'Clone again with the same command: what came is kept, and only the rest is fetched.',
    cause: error,
  })
}
