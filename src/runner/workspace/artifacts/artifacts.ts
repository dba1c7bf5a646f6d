import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatSize, globsSelect } from '../../../core/index.ts'
import { RunnerError } from '../../errors.ts'
import { plainPath } from '../names.ts'

/** Entries looked at for one job: a large node_modules has 100,000. */
const MAX_LOOKED_AT = 500_000
/** Files kept of one job: each becomes a line of the run's page and a blob. */
export const MAX_ARTIFACT_FILES = 10_000
export const MAX_ARTIFACT_BYTES: number = 32 * 1024 ** 3

export interface FoundFile {
  readonly path: string
  readonly size: number
  readonly executable: boolean
}

/**
 * The regular files that the globs name, sorted. Links are neither kept nor followed. A glob that names a folder
 * (`dist` or `dist/`) keeps everything below it; one that begins with `!` takes files out again. Throws
 * ARTIFACT_MISSING for globs that name nothing, unless they may, and ARTIFACTS_TOO_LARGE.
 */
export async function findArtifacts(
  workspace: string,
  globs: readonly string[],
  { mayMiss = false }: { readonly mayMiss?: boolean } = {},
): Promise<readonly FoundFile[]> {
  const wanted = globs.filter(glob => !glob.startsWith('!')).map(glob => new Glob(glob))
  const unwanted = globs.filter(glob => glob.startsWith('!')).map(glob => new Glob(glob.slice(1)))
  const found = new Map<string, FoundFile>()
  const look = { budget: MAX_LOOKED_AT }
  for (const glob of wanted) {
    for await (const file of walk(workspace, glob.base, look)) {
      if (!glob.names(file) || unwanted.some(other => other.names(file))) continue
      glob.found = true
      if (found.has(file)) continue
      const { size, mode } = await lstat(join(workspace, file))
      found.set(file, { path: file, size, executable: (mode & 0o100) !== 0 })
      if (found.size > MAX_ARTIFACT_FILES)
        throw tooMany(`more than ${MAX_ARTIFACT_FILES} files`, 'Pack them into an archive in the job.')
    }
  }
  const missing = wanted.filter(glob => !glob.found).map(({ text }) => text)
  if (missing.length > 0 && !mayMiss) throw notThere(missing)
  const total = [...found.values()].reduce((sum, { size }) => sum + size, 0)
  if (total > MAX_ARTIFACT_BYTES)
    throw tooMany(formatSize(total), `At most ${formatSize(MAX_ARTIFACT_BYTES)} are kept of one job.`)
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

class Glob {
  readonly text: string
  /** The folder or file that it begins at, without magic. */
  readonly base: string
  found = false
  readonly #plain: string

  constructor(text: string) {
    this.text = text
    const plain = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
    this.base = baseOf(plain)
    this.#plain = plain
  }

  /** Whether it matches the file or a folder above it. */
  names(file: string): boolean {
    return this.#plain === '' || this.#plain === '.' || globsSelect([this.#plain], file)
  }
}

/** The folders that a glob names in full: where looking for its files begins. `out/a/*.onnx` -> `out/a`. */
function baseOf(plain: string): string {
  const segments = plain.split('/')
  const first = segments.findIndex(segment => /[*?]/.test(segment))
  return (first < 0 ? segments : segments.slice(0, first)).join('/')
}

/** Regular files at or below `base`, which is reached through real folders only. */
async function* walk(workspace: string, base: string, look: { budget: number }): AsyncGenerator<string> {
  if (base === '' || base === '.') {
    yield* below(workspace, '', look)
    return
  }
  const plain = plainPath(base)
  if (plain === undefined) return
  const segments = plain.split('/')
  for (let n = 1; n <= segments.length; n++) {
    const stat = await lstat(join(workspace, ...segments.slice(0, n))).catch(() => undefined)
    if (n === segments.length && stat?.isFile()) {
      yield plain
      return
    }
    if (!stat?.isDirectory()) return
  }
  yield* below(workspace, plain, look)
}

async function* below(workspace: string, folder: string, look: { budget: number }): AsyncGenerator<string> {
  for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
    if (look.budget-- <= 0) {
      throw tooMany(
        `more than ${MAX_LOOKED_AT} files to look through`,
        'Name the folder in the glob: dist/**/*.js.',
      )
    }
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isFile()) yield path
    else if (entry.isDirectory()) yield* below(workspace, path, look)
  }
}

function notThere(missing: readonly string[]): RunnerError {
  const names = missing.map(glob => `'${glob}'`).join(', ')
  return new RunnerError('ARTIFACT_MISSING', {
    message: `The job ended well but made no file for ${names}`,
    hint: 'Check where the job writes it; paths are relative to the root of the repository, and links are not kept.',
    details: { missing },
  })
}

function tooMany(what: string, hint: string): RunnerError {
  return new RunnerError('ARTIFACTS_TOO_LARGE', { message: `The job's artifacts are ${what}`, hint })
}
