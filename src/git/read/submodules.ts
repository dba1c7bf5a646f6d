import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { listFiles, readFile } from './tree.ts'

/** A commit of another repository at a path of this one. */
export interface Submodule {
  readonly path: string
  readonly commit: CommitId
  /** As `.gitmodules` has it; absent where it says nothing of this path. */
  readonly url?: string
}

const MODULES = '.gitmodules'
/** About a thousand submodules. */
const MAX_MODULES_BYTES = 256 * 1024

/**
 * The submodules of a commit, in order of path. A `.gitmodules` that is no file, or none that git can read, says
 * nothing. Throws COMMIT_UNKNOWN, TREE_TOO_LARGE.
 */
export async function submodulesIn(directory: string, commit: CommitId): Promise<readonly Submodule[]> {
  const links = (await listFiles(directory, commit)).filter(({ kind }) => kind === 'submodule')
  if (links.length === 0) return []
  const urls = await urlsByPath(directory, commit)
  return links.map(({ path, id }) => {
    const url = urls.get(path)
    return { path, commit: id as CommitId, ...(url !== undefined && { url }) }
  })
}

async function urlsByPath(directory: string, commit: CommitId): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(directory, commit, MODULES, MAX_MODULES_BYTES).catch((error: unknown) => {
    if (error instanceof GitError && UNREADABLE.includes(error.code)) return undefined
    throw error
  })
  if (text === undefined) return new Map()
  // Git's own parser; from its input, so that nothing that the text includes is ever looked for.
  const args = ['config', '--file', '-', '--no-includes', '--null', '--list']
  const limits = { maxBytes: 4 * MAX_MODULES_BYTES, accept: [0, 1, 3, 128] }
  const { stdout, exitCode } = await runGit(args, { directory, input: text.toString('utf8'), ...limits })
  return exitCode === 0 ? readModules(stdout) : new Map()
}

const UNREADABLE: readonly string[] = ['GIT_FILE_NOT_REGULAR', 'GIT_FILE_TOO_LARGE']

/** `submodule.<name>.path\n<value>` and so on, each ended by a zero byte. */
function readModules(listing: Buffer): ReadonlyMap<string, string> {
  const [paths, urls] = [new Map<string, string>(), new Map<string, string>()]
  for (const entry of listing.toString('utf8').split('\0')) {
    const line = entry.indexOf('\n')
    const [, name, key] = /^submodule\.(.*)\.(path|url)$/.exec(entry.slice(0, Math.max(0, line))) ?? []
    if (name !== undefined) (key === 'path' ? paths : urls).set(name, entry.slice(line + 1))
  }
  return new Map(
    [...paths].flatMap(([name, path]) => {
      const url = urls.get(name)
      return url === undefined ? [] : [[path, url] as const]
    }),
  )
}
