import { extname } from 'node:path'
import { formatSize } from '../../core/index.ts'
import {
  GitError,
  listFiles,
  NO_COMMIT,
  type RefChange,
  resolveCommit,
  type TreeFile,
} from '../../git/index.ts'

/** From here on a clone feels it: ten such files are as much as most repositories of code with all their history. */
export const LARGE_BYTES: number = 10 * 1000 * 1000
/** Refs of one push that are looked at; a mirror pushes hundreds. */
const MAX_REFS = 5
/** Files that are named; the rest is counted. */
const MAX_NAMED = 5

/**
 * Lines for whoever pushed large files into Git itself: that they are safe there, and how Git LFS would keep them. Of
 * the commits that refs stand at now, files that were not large there before: each path is told of once.
 */
export async function adviceFor(
  directory: string,
  defaultBranch: string,
  changes: readonly RefChange[],
): Promise<readonly string[]> {
  const large = new Map<string, TreeFile>()
  const known = new Map<string, readonly TreeFile[]>()
  const largeIn = async (commit: RefChange['after']): Promise<readonly TreeFile[]> => {
    const found = known.get(commit) ?? (await largeFiles(directory, commit))
    known.set(commit, found)
    return found
  }
  for (const { ref, before, after } of changes.slice(0, MAX_REFS)) {
    if (after === NO_COMMIT || !ref.startsWith('refs/heads/')) continue
    const base = before === NO_COMMIT ? await otherTip(directory, defaultBranch, after) : before
    const old = base === undefined ? [] : await largeIn(base)
    const told = new Set(old.map(({ path }) => path))
    for (const file of await largeIn(after)) if (!told.has(file.path)) large.set(file.path, file)
  }
  return large.size === 0 ? [] : linesFor([...large.values()])
}

async function largeFiles(directory: string, commit: RefChange['after']): Promise<readonly TreeFile[]> {
  try {
    const files = await listFiles(directory, commit)
    return files.filter(({ kind, size }) => kind === 'file' && size >= LARGE_BYTES)
  } catch (error) {
    // Who pushes so many files, or a commit that is gone by now, gets no advice.
    if (error instanceof GitError) return []
    throw error
  }
}

/** A new branch has what the default branch has; the first push has nothing before it. */
async function otherTip(
  directory: string,
  defaultBranch: string,
  after: RefChange['after'],
): Promise<RefChange['after'] | undefined> {
  const tip = await resolveCommit(directory, `refs/heads/${defaultBranch}`).catch(() => undefined)
  return tip === after ? undefined : tip
}

function linesFor(files: readonly TreeFile[]): readonly string[] {
  const sorted = files.toSorted((a, b) => b.size - a.size)
  const named = sorted.slice(0, MAX_NAMED)
  const more = sorted.length - named.length
  const patterns = [...new Set(named.map(({ path }) => patternOf(path)))]
  const sizes = named.map(({ path, size }) => `  ${shown(path)}  ${formatSize(size)}`)
  return [
    '',
    'Large files came into Git itself. Ballast keeps them all the same; every clone fetches all of their versions:',
    ...sizes,
    ...(more > 0 ? [`  and ${more} more`] : []),
    'With Git LFS a clone fetches the versions that it checks out:',
    `  git lfs track ${patterns.map(quoted).join(' ')}`,
    `  git add .gitattributes && git add --renormalize ${named.map(({ path }) => quoted(path)).join(' ')}`,
    '',
  ]
}

function patternOf(path: string): string {
  const extension = extname(path)
  return extension === '' ? path : `*${extension}`
}

/** A path is somebody's text: it must not steer the terminal that it is printed on. */
function shown(path: string): string {
  return path.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}

/** For a shell: as it is where every shell reads it so. */
function quoted(text: string): string {
  const plain = shown(text)
  return /^[\w./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`
}
