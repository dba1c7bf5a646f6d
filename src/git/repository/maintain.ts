import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId } from '../read/names.ts'

/** Each push adds a pack; lookups slow down visibly in the hundreds. */
const MANY_PACKS = 50
/** No push takes this long, so what is older was left by a crash or a power cut. */
const OLD_MS = 24 * 3_600_000
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
 * and fetches; deletes no object but what a crash left of a push in quarantine. Packs nothing while there are few.
 */
export async function maintainRepository(directory: string): Promise<'repacked' | 'nothing to do'> {
  const packs = join(directory, 'objects', 'pack')
  await removeLeftovers(join(directory, 'objects'), 'tmp_objdir-')
  await removeLeftovers(packs, 'tmp_pack_')
  const names = await namesIn(packs)
  if (names.filter(name => name.endsWith('.pack')).length < MANY_PACKS) return 'nothing to do'
  const args = ['repack', '-d', '--geometric=2', '--quiet', '--no-write-bitmap-index']
  await runGit(args, { directory, maxBytes: 1 << 20, maxMs: MAX_REPACK_MS })
  return 'repacked'
}

async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(prefix)) continue
    const path = join(folder, name)
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - changed > OLD_MS) await rm(path, { recursive: true, force: true })
  }
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}
