import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId } from '../read/names.ts'

/** Each push adds a pack; lookups slow down visibly in the hundreds. */
const MANY_PACKS = 50
/** Packs of model files are copied once: gigabytes at disk speed. */
const MAX_REPACK_MS = 30 * 60_000

/**
 * Keeps a commit for ever, whatever happens to its branch: a version's provenance survives a forced push.
 * The ref is hidden from clients.
 */
export async function keepCommit(directory: string, commit: CommitId): Promise<void> {
  const id = checkCommitId(commit)
  await runGit(['update-ref', '--end-of-options', `refs/ballast/keep/${id}`, id], {
    directory,
    maxBytes: 4096,
  })
}

/**
 * Joins small packs into larger ones (geometric: a big pack of models is rarely copied again). Safe beside pushes
 * and fetches; deletes no object. Does nothing while there are few packs.
 */
export async function maintainRepository(directory: string): Promise<'repacked' | 'nothing to do'> {
  const names = await readdir(join(directory, 'objects', 'pack')).catch(() => [])
  if (names.filter(name => name.endsWith('.pack')).length < MANY_PACKS) return 'nothing to do'
  const args = ['repack', '-d', '--geometric=2', '--quiet', '--no-write-bitmap-index']
  await runGit(args, { directory, maxBytes: 1 << 20, maxMs: MAX_REPACK_MS })
  return 'repacked'
}
