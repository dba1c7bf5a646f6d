import type { CommitId } from '../../../core/index.ts'
import {
  changedFiles,
  GitError,
  listFiles,
  looksLikePointer,
  mergeBase,
  NO_COMMIT,
  readFile,
  resolveCommit,
} from '../../../git/index.ts'
import type { RepositoryFiles } from '../../../pipeline/index.ts'

/** A commit's files out of a bare repository. `since`: where its ref was before, for what changed. */
export function commitFiles(directory: string, commit: CommitId, since?: CommitId): RepositoryFiles {
  let listed: Promise<readonly string[]> | undefined
  const list = async (): Promise<readonly string[]> =>
    (await listFiles(directory, commit)).filter(({ kind }) => kind === 'file').map(({ path }) => path)
  return {
    list: () => (listed ??= list()),
    async read(path, maxBytes) {
      const bytes = await readFile(directory, commit, path, maxBytes)
      if (bytes && looksLikePointer(bytes)) throw pointer(path, commit)
      return bytes && new TextDecoder().decode(bytes)
    },
    async changed(from) {
      if (from === 'before') {
        return since === undefined || since === NO_COMMIT ? undefined : changedFiles(directory, since, commit)
      }
      const other = await resolveCommit(directory, from.ref)
      const base = other && (await mergeBase(directory, other, commit))
      return base && changedFiles(directory, base, commit)
    },
  }
}

/** Who decides what runs must be in the commit itself: an object may come later, or never. */
function pointer(path: string, commit: CommitId): GitError {
  return new GitError('GIT_FILE_NOT_REGULAR', {
    message: `${path} of ${commit} is a Git LFS pointer, and pipelines are read out of Git itself`,
    hint: `Take it out of .gitattributes, then \`git add --renormalize ${path}\` and commit.`,
  })
}
