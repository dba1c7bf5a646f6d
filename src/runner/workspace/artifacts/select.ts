import type { Dirent } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { plainPath } from '../names.ts'
import { PathGlob } from './path-glob.ts'

/** Entries looked at for one job: a large node_modules has 100,000. */
const MAX_LOOKED_AT = 500_000

export type FoundEntry =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly size: number
      readonly mode: number
      readonly mtimeMs: number
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }

export interface SelectionRules {
  /** Patterns (`PathGlob`), relative to the workspace; one that names a folder selects all below it. */
  readonly paths: readonly string[]
  /** What these match is left out; a folder that they match still has its contents selected, as GitLab has it. */
  readonly exclude: readonly string[]
  /** Selects everything besides that is not one of these: what the commit does not hold. */
  readonly untrackedBut?: ReadonlySet<string>
  /** Where the job saw its workspace: patterns may be absolute and begin with it. */
  readonly seenAt?: string
}

export interface Selection {
  /** Sorted, so that folders come before what they hold. */
  readonly entries: readonly FoundEntry[]
  /** Patterns that match nothing. */
  readonly unmatched: readonly string[]
  /** Patterns that lead out of the workspace, or that are none. */
  readonly refused: readonly string[]
  /** Pipes, sockets, devices, and what can't be read. */
  readonly passedOver: number
  /** There is more in the workspace than is looked at: this is not all. */
  readonly incomplete: boolean
}

/** What the rules name in a workspace. Links are told and never followed; `.git` at the top is left alone. */
export async function select(workspace: string, rules: SelectionRules): Promise<Selection> {
  const refused: string[] = []
  const globs: Wanted[] = []
  for (const text of rules.paths) {
    const glob = globOf(text, rules.seenAt)
    if (glob) globs.push({ text, glob, found: false })
    else refused.push(text)
  }
  const exclude: PathGlob[] = []
  for (const text of rules.exclude) {
    // All that is in a folder: that itself stays, empty.
    const glob = globOf(text.replace(/\/\*\*\/?$/, '/**/*'), rules.seenAt)
    if (glob) exclude.push(glob)
    else refused.push(text)
  }
  const tracked = rules.untrackedBut
  const walk = new Walk(workspace, globs, exclude, tracked)
  await walk.run()
  return {
    entries: walk.entries.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unmatched: globs.filter(({ found }) => !found).map(({ text }) => text),
    refused,
    passedOver: walk.passedOver,
    incomplete: walk.incomplete,
  }
}

/** Undefined where it leads out of the workspace or is too long for a pattern. */
function globOf(text: string, seenAt: string | undefined): PathGlob | undefined {
  let path = text.replace(/^\$(CI_PROJECT_DIR\b|\{CI_PROJECT_DIR\})/, seenAt ?? '.')
  if (seenAt !== undefined && (path === seenAt || path.startsWith(`${seenAt}/`)))
    path = `.${path.slice(seenAt.length)}`
  if (posix.isAbsolute(path) || path.includes('\0') || path === '') return undefined
  if (path.split('/').includes('..')) {
    path = posix.normalize(path)
    if (path === '..' || path.startsWith('../')) return undefined
  }
  const glob = new PathGlob(path)
  return glob.isSane ? glob : undefined
}

interface Wanted {
  readonly text: string
  readonly glob: PathGlob
  found: boolean
}

class Walk {
  readonly entries: FoundEntry[] = []
  passedOver = 0
  incomplete = false
  readonly #workspace: string
  readonly #globs: readonly Wanted[]
  readonly #exclude: readonly PathGlob[]
  readonly #tracked: ReadonlySet<string> | undefined
  #looked = 0

  constructor(
    workspace: string,
    globs: readonly Wanted[],
    exclude: readonly PathGlob[],
    tracked: ReadonlySet<string> | undefined,
  ) {
    this.#workspace = workspace
    this.#globs = globs
    this.#exclude = exclude
    this.#tracked = tracked
  }

  async run(): Promise<void> {
    if (this.#globs.length === 0 && !this.#tracked) return
    // Not by recursion: a hostile job makes folders as deep as it likes.
    const open: { path: string; inside: boolean }[] = [{ path: '', inside: false }]
    for (let folder = open.pop(); folder && !this.incomplete; folder = open.pop()) {
      for (const entry of await this.#list(folder.path)) {
        if (this.#looked++ >= MAX_LOOKED_AT) {
          this.incomplete = true
          return
        }
        const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
        if (path === '.git') continue
        const inside = this.#isNamed(path, folder.inside)
        if (inside || this.#isUntracked(path, entry)) await this.#add(path)
        if (entry.isDirectory() && (inside || this.#goesOn(path))) open.push({ path, inside })
      }
    }
  }

  #isNamed(path: string, inside: boolean): boolean {
    let named = inside
    for (const wanted of this.#globs) {
      // What is inside already is asked of those only that would else be told to match nothing.
      if ((named && wanted.found) || !wanted.glob.matches(path)) continue
      wanted.found = true
      named = true
    }
    return named
  }

  #isUntracked(path: string, entry: Dirent): boolean {
    return this.#tracked !== undefined && !entry.isDirectory() && !this.#tracked.has(path)
  }

  #goesOn(folder: string): boolean {
    return this.#tracked !== undefined || this.#globs.some(({ glob }) => glob.mayMatchBelow(folder))
  }

  async #list(folder: string): Promise<readonly Dirent[]> {
    try {
      return await readdir(join(this.#workspace, folder), { withFileTypes: true })
    } catch (error) {
      if (folder === '') throw error
      this.passedOver++
      return []
    }
  }

  async #add(path: string): Promise<void> {
    if (this.#exclude.some(glob => glob.matches(path))) return
    try {
      const entry = plainPath(path) === undefined ? undefined : await this.#describe(path)
      if (entry) this.entries.push(entry)
      else this.passedOver++
    } catch {
      this.passedOver++
    }
  }

  async #describe(path: string): Promise<FoundEntry | undefined> {
    const full = join(this.#workspace, path)
    const found = await lstat(full)
    const mode = found.mode & 0o777
    if (found.isFile())
      return { kind: 'file', path, size: found.size, mode, mtimeMs: Math.trunc(found.mtimeMs) }
    if (found.isDirectory()) return { kind: 'folder', path, mode }
    if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(full) }
    return undefined
  }
}
