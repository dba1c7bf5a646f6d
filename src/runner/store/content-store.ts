import { closeSync, constants, fsync, openSync, utimesSync } from 'node:fs'
import { chmod, copyFile, mkdir, open, rename, unlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Digest, digestOf, diskFull, hexOf, randomText, systemCode } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'
import { hashFile } from '../workspace/hash-file.ts'
import { Room } from './room.ts'
import { readSmall, SMALL_BYTES, turn, writeSmall } from './small-files.ts'

/** Of one runner's disk: some tens of usual dependency folders. */
const DEFAULT_STORE_BYTES = 20 * 1024 ** 3

const PART = '.part'

export interface StoredContent {
  readonly digest: Digest
  readonly size: number
}

/**
 * Contents of files under their SHA-256, each once, on this machine's disk:
 *
 *   <root>/
 *   ├── files/0a/3f9c…      whole, read-only (0444), never rewritten; its mtime is its last use
 *   ├── parts/<random>.part a copy under way, made exclusively; after a crash, what is left of it
 *   └── caches/             manifests: see cache/shelf.ts
 *
 * A content appears under its name by a rename, after its bytes are hashed and synced. What is handed over is a
 * copy that is verified: a reflink where the file system has them, never a link into the store. Any number of
 * processes may use one store. Whatever has not been used for longest goes when it is full, so a content that
 * was there may be gone: `give` says so.
 */
export class ContentStore {
  readonly root: string
  readonly #room: Room

  private constructor(root: string, maxBytes: number) {
    this.root = root
    this.#room = new Room(join(root, 'files'), maxBytes)
  }

  /** Makes the folder where there is none. `maxBytes`: see DEFAULT_STORE_BYTES. */
  static async open(root: string, options: { readonly maxBytes?: number } = {}): Promise<ContentStore> {
    const store = new ContentStore(root, options.maxBytes ?? DEFAULT_STORE_BYTES)
    for (const name of ['files', 'parts']) await mkdir(join(root, name), { recursive: true, mode: 0o700 })
    await Room.sweepParts(join(root, 'parts'))
    return store
  }

  /** Whether it is here; if so, it has just been used. */
  async has(digest: Digest): Promise<boolean> {
    await turn()
    return this.#touch(digest)
  }

  #touch(digest: Digest): boolean {
    try {
      const now = Date.now() / 1000
      utimesSync(this.#pathOf(digest), now, now)
      return true
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return false
      throw cause
    }
  }

  /** Takes a regular file in. A link in its place is refused (ELOOP). Throws DISK_FULL, STORE_FULL. */
  async take(path: string): Promise<StoredContent> {
    await turn()
    const bytes = readSmall(path)
    if (bytes) return this.#takeBytes(bytes)
    const known = await hashFile(path)
    if (await this.has(known.digest)) return known
    const taken = await this.#fill(async part => {
      await copyFile(path, part, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      await chmod(part, 0o600)
    })
    // What was copied, should it have changed since.
    return taken ?? known
  }

  /** Most files are small: read once, written once. */
  async #takeBytes(bytes: Buffer): Promise<StoredContent> {
    const content = { digest: digestOf(bytes), size: bytes.length }
    if (this.#touch(content.digest)) return content
    await this.#bringIn(async part => {
      writeSmall(part, bytes, 0o444, Date.now())
      await synced(part)
      return content
    })
    return content
  }

  /** Takes bytes in. False, and nothing is kept, when they are not this content. Throws DISK_FULL, STORE_FULL. */
  async receive(content: StoredContent, body: AsyncIterable<Uint8Array>): Promise<boolean> {
    const got = await this.#fill(async part => {
      const handle = await open(part, 'wx', 0o600)
      try {
        let left = content.size
        for await (const chunk of body) {
          await handle.writeFile(chunk)
          left -= chunk.length
          // One byte too many, and it can't be this content: the rest need not be read.
          if (left < 0) break
        }
      } finally {
        await handle.close()
      }
    }, content)
    return got !== undefined
  }

  /**
   * Makes a file at `target`, where nothing may be (EEXIST), with this content, mode and time. missing: it is not
   * here (any more). damaged: the disk did not keep it; it is thrown out, and there is no file. Throws DISK_FULL.
   */
  async give(
    content: StoredContent,
    target: string,
    mode: number,
    mtimeMs: number = Date.now(),
  ): Promise<'given' | 'missing' | 'damaged'> {
    await turn()
    if (!this.#touch(content.digest)) return 'missing'
    try {
      const isGood =
        content.size <= SMALL_BYTES
          ? this.#giveSmall(content, target, mode, mtimeMs)
          : await this.#giveLarge(content, target, mode, mtimeMs)
      if (isGood) return 'given'
      await unlink(this.#pathOf(content.digest)).catch(() => undefined)
      return 'damaged'
    } catch (cause) {
      // Between the two looks somebody else made room.
      if (systemCode(cause) === 'ENOENT' && !this.#touch(content.digest)) return 'missing'
      throw diskFull(cause, target) ?? cause
    }
  }

  #giveSmall({ digest, size }: StoredContent, target: string, mode: number, mtimeMs: number): boolean {
    const bytes = readSmall(this.#pathOf(digest))
    if (bytes?.length !== size || digestOf(bytes) !== digest) return false
    writeSmall(target, bytes, mode, mtimeMs)
    return true
  }

  async #giveLarge(
    { digest, size }: StoredContent,
    target: string,
    mode: number,
    mtimeMs: number,
  ): Promise<boolean> {
    await copyFile(this.#pathOf(digest), target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch(
      async cause => {
        if (systemCode(cause) !== 'EEXIST') await unlink(target).catch(() => undefined)
        throw cause
      },
    )
    const actual = await hashFile(target)
    if (actual.digest !== digest || actual.size !== size) {
      await unlink(target)
      return false
    }
    await chmod(target, mode)
    await utimes(target, mtimeMs / 1000, mtimeMs / 1000)
    return true
  }

  /** Where the bytes of a content are, to be read only, and at once. */
  pathOf(digest: Digest): string {
    return this.#pathOf(digest)
  }

  /** Lets `fill` make a file of any size; undefined, and nothing is kept, when it is not the `wanted` content. */
  #fill(fill: (part: string) => Promise<void>, wanted?: StoredContent): Promise<StoredContent | undefined> {
    return this.#bringIn(async part => {
      await fill(part)
      const content = await hashFile(part)
      if (wanted && (content.digest !== wanted.digest || content.size !== wanted.size)) return undefined
      await sealed(part)
      return content
    })
  }

  /** Gives what `make` has made, synced, the name of its content. */
  async #bringIn(
    make: (part: string) => Promise<StoredContent | undefined>,
  ): Promise<StoredContent | undefined> {
    if (await this.#room.isFull()) throw full(this.root)
    const part = join(this.root, 'parts', `${randomText(20)}${PART}`)
    try {
      const content = await make(part)
      if (content) await this.#place(part, content.digest)
      else await unlink(part)
      if (content) await this.#room.added(content.size)
      return content
    } catch (cause) {
      await unlink(part).catch(() => undefined)
      throw diskFull(cause, part) ?? cause
    }
  }

  async #place(part: string, digest: Digest): Promise<void> {
    const path = this.#pathOf(digest)
    await rename(part, path).catch(async cause => {
      if (systemCode(cause) !== 'ENOENT') throw cause
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await rename(part, path)
    })
  }

  #pathOf(digest: Digest): string {
    const hex = hexOf(digest)
    return join(this.root, 'files', hex.slice(0, 2), hex.slice(2))
  }
}

function full(root: string): RunnerError {
  return new RunnerError('STORE_FULL', {
    message: `The store ${root} is full of what is in use`,
    hint: 'Cache less at once, or try again in ten minutes: what is not used goes then.',
  })
}

/** Read-only, just used, and on the disk. */
async function sealed(part: string): Promise<void> {
  const now = new Date()
  await utimes(part, now, now)
  await chmod(part, 0o444)
  await synced(part)
}

async function synced(path: string): Promise<void> {
  const handle = openSync(path, 'r')
  try {
    await promisify(fsync)(handle)
  } finally {
    closeSync(handle)
  }
}
