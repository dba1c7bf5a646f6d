import { lstatSync } from 'node:fs'
import { chmod, chown, lchown, lstat, mkdir, rename, rm, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CacheEntry } from '../../api/index.ts'
import { type Digest, inParallel, randomText, systemCode } from '../../core/index.ts'
import type { ContentStore } from '../store/content-store.ts'

/** Files under way at once: node has four threads for files. */
const AT_ONCE = 8

export interface Laid {
  readonly files: number
  readonly bytes: number
  /** Entries in whose way a link, or a folder where a file is wanted, stands. */
  readonly blocked: number
}

/**
 * Lays a checked tree of entries over what is in a workspace, from the store, all or nothing: where a content is
 * missing or damaged, that is the answer, and the workspace is as it was. Nothing goes through a link; a file
 * replaces a file. `owner` gets what is made.
 */
export async function layEntries(
  entries: readonly CacheEntry[],
  store: ContentStore,
  workspace: string,
  owner?: number,
): Promise<Laid | 'missing' | 'damaged'> {
  const laying = new Laying(store, workspace, owner)
  try {
    const problem = await laying.run(entries)
    if (problem) await laying.undo()
    return problem ?? laying.laid
  } catch (error) {
    await laying.undo()
    throw error
  }
}

type FileEntry = Extract<CacheEntry, { kind: 'file' }>
type LinkEntry = Extract<CacheEntry, { kind: 'link' }>

class Laying {
  readonly #store: ContentStore
  readonly #workspace: string
  readonly #owner: number | undefined
  /** Whether a folder is there, really one. */
  readonly #folders = new Map<string, boolean>([['.', true]])
  readonly #madeFolders: string[] = []
  readonly #made: string[] = []
  /** Under another name beside the file that each replaces in the end. */
  readonly #replacing: { readonly from: string; readonly to: string }[] = []
  #files = 0
  #bytes = 0
  #blocked = 0

  constructor(store: ContentStore, workspace: string, owner: number | undefined) {
    this.#store = store
    this.#workspace = workspace
    this.#owner = owner
  }

  get laid(): Laid {
    return { files: this.#files, bytes: this.#bytes, blocked: this.#blocked }
  }

  async run(entries: readonly CacheEntry[]): Promise<'missing' | 'damaged' | undefined> {
    const files: FileEntry[] = []
    const links: LinkEntry[] = []
    for (const entry of entries) {
      const there = await this.#folder(entry.kind === 'folder' ? entry.path : dirname(entry.path))
      if (!there) this.#blocked++
      else if (entry.kind === 'file') files.push(entry)
      else if (entry.kind === 'link') links.push(entry)
    }
    let problem: 'missing' | 'damaged' | undefined
    await inParallel(files, AT_ONCE, async file => {
      if (problem) return
      const outcome = await this.#file(file)
      if (outcome !== 'given') problem = outcome
    })
    if (problem) return problem
    // What a crash or an error leaves half done from here on is whole files, old or new.
    for (const { from, to } of this.#replacing) await rename(from, to)
    for (const link of links) await this.#link(link)
    await this.#setFolderModes(entries)
    return undefined
  }

  async undo(): Promise<void> {
    for (const { from } of this.#replacing) await rm(from, { force: true })
    for (const path of this.#made) await rm(join(this.#workspace, path), { force: true })
    for (const path of this.#madeFolders.reverse())
      await rm(join(this.#workspace, path), { recursive: true, force: true })
  }

  /** Makes a folder and those above it where nothing is. False: something else is in the way. */
  async #folder(path: string): Promise<boolean> {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    const there = (await this.#folder(dirname(path))) && (await this.#makeFolder(path))
    this.#folders.set(path, there)
    return there
  }

  async #makeFolder(path: string): Promise<boolean> {
    const full = join(this.#workspace, path)
    try {
      await mkdir(full, { mode: 0o755 })
      this.#madeFolders.push(path)
      await this.#own(full)
      return true
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause
      return (await lstat(full)).isDirectory()
    }
  }

  async #file(entry: FileEntry): Promise<'given' | 'missing' | 'damaged'> {
    const final = join(this.#workspace, entry.path)
    // As the store does with small files: here, rather than through Node's pool of threads.
    const there = lstatSync(final, { throwIfNoEntry: false })
    if (there?.isDirectory()) {
      this.#blocked++
      return 'given'
    }
    const target = there ? join(dirname(final), `.${randomText(12)}`) : final
    const content = { digest: entry.digest as Digest, size: entry.size }
    const outcome = await this.#store.give(content, target, entry.mode, entry.mtimeMs)
    if (outcome !== 'given') return outcome
    if (there) this.#replacing.push({ from: target, to: final })
    else this.#made.push(entry.path)
    await this.#own(target)
    this.#files++
    this.#bytes += entry.size
    return 'given'
  }

  async #link({ path, target }: LinkEntry): Promise<void> {
    const full = join(this.#workspace, path)
    const there = await lstat(full).catch(() => undefined)
    if (there?.isDirectory()) {
      this.#blocked++
      return
    }
    if (there) await unlink(full)
    await symlink(target, full)
    if (this.#owner !== undefined) await lchown(full, this.#owner, this.#owner)
    this.#files++
  }

  /** Last, and from the deepest up: a folder may be one that nothing can be written into. */
  async #setFolderModes(entries: readonly CacheEntry[]): Promise<void> {
    const made = new Set(this.#madeFolders)
    for (const entry of [...entries].reverse()) {
      if (entry.kind === 'folder' && made.has(entry.path))
        await chmod(join(this.#workspace, entry.path), entry.mode)
    }
  }

  async #own(path: string): Promise<void> {
    if (this.#owner !== undefined) await chown(path, this.#owner, this.#owner)
  }
}
