import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type ByteSource,
  diskFull,
  newId,
  openFile,
  type PackId,
  randomText,
  syncFolder,
  systemCode,
} from '../../core/index.ts'
import { RegistryError } from '../../registry/errors.ts'
import type { PackDraft, PackStore } from '../../registry/ports.ts'
import { type PackPaths, packPaths } from './paths.ts'
import { PART } from './write.ts'

const PACK_ID = /^pak_[0-9a-z]{20}$/

/** Packs as files of one folder: see paths.ts for the tree and what a crash leaves. */
export class DiskPackStore implements PackStore {
  readonly #paths: PackPaths

  private constructor(paths: PackPaths) {
    this.#paths = paths
  }

  static async open(root: string): Promise<DiskPackStore> {
    const paths = packPaths(root)
    for (const folder of [paths.packs, paths.tmp, paths.quarantine])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    return new DiskPackStore(paths)
  }

  async draft(): Promise<PackDraft> {
    const id = newId('pack')
    const path = join(this.#paths.tmp, `${randomText(20)}${PART}`)
    await (await open(path, 'wx', 0o600)).close()
    return {
      id,
      path,
      commit: () => this.#commit(id, path),
      async abandon() {
        await unlink(path).catch(() => undefined)
      },
    }
  }

  async open(id: PackId): Promise<ByteSource> {
    try {
      return { ...(await openFile(this.localPath(id))), name: id }
    } catch (cause) {
      if ((await this.#stat(id)) === undefined) throw notFound(id)
      throw cause
    }
  }

  localPath(id: PackId): string {
    // An id becomes a path: whatever the type says, nothing else may.
    if (!PACK_ID.test(id)) throw notFound(id)
    return this.#paths.pathOf(id)
  }

  /** In order of folders; other files are not ours, and are left out. */
  async *list(): AsyncGenerator<{ readonly id: PackId; readonly size: number; readonly modifiedAt: number }> {
    for (const folder of (await readdir(this.#paths.packs)).toSorted()) {
      for (const name of (await namesIn(join(this.#paths.packs, folder))).toSorted()) {
        const id = name as PackId
        if (!PACK_ID.test(name) || basename(this.#paths.folderOf(id)) !== folder) continue
        const found = await this.#stat(id)
        if (found) yield { id, size: found.size, modifiedAt: found.mtimeMs }
      }
    }
  }

  async remove(id: PackId): Promise<void> {
    try {
      await unlink(this.localPath(id))
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') throw cause
    }
  }

  async quarantine(id: PackId): Promise<string> {
    const there = join(this.#paths.quarantine, `${id}.${randomText(8)}`)
    try {
      await rename(this.localPath(id), there)
    } catch (cause) {
      throw systemCode(cause) === 'ENOENT' ? notFound(id) : cause
    }
    await syncFolder(this.#paths.quarantine)
    return there
  }

  async #commit(id: PackId, draft: string): Promise<void> {
    const path = this.#paths.pathOf(id)
    try {
      const handle = await open(draft, 'r+')
      try {
        await handle.chmod(0o444)
        await handle.sync()
      } finally {
        await handle.close()
      }
      const folder = dirname(path)
      const made = await mkdir(folder, { recursive: true, mode: 0o700 })
      await rename(draft, path)
      await syncFolder(folder)
      if (made !== undefined) await syncFolder(dirname(folder))
    } catch (cause) {
      throw diskFull(cause, draft) ?? cause
    }
  }

  async #stat(id: PackId) {
    try {
      return await stat(this.localPath(id))
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw cause
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return []
    throw cause
  }
}

function notFound(id: string): RegistryError {
  return new RegistryError('PACK_NOT_FOUND', {
    message: `There is no pack ${id.slice(0, 100)} in the store`,
    hint: 'Run `ballast registry fsck`: it says what needs it.',
    details: { pack: id },
  })
}
