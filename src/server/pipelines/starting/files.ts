import type { CommitId } from '../../../core/index.ts'
import { changedFiles, listFiles, mergeBase, NO_COMMIT, readFile, resolveCommit } from '../../../git/index.ts'
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
