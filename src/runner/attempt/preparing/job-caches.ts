import type { CachePlace, SharedCaches } from '../../cache/place.ts'
import { restoreCaches } from '../../cache/restore.ts'
import { saveCaches } from '../../cache/save.ts'
import type { CacheShelf } from '../../cache/shelf.ts'
import type { ContentStore } from '../../store/content-store.ts'
import type { AttemptFolder } from '../folder.ts'

/** Where a runner keeps caches: on its disk, and with the control plane for other runners. */
export interface RunnerCaches {
  readonly store: ContentStore
  readonly shelf: CacheShelf
  readonly remote?: SharedCaches
}

/** Before the script. `owner` gets what is laid out. */
export async function restoreJobCaches(
  folder: AttemptFolder,
  caches: RunnerCaches,
  owner: number | undefined,
): Promise<void> {
  const offered = (folder.offer.caches ?? []).filter(({ policy }) => policy !== 'push')
  if (offered.length === 0) return
  await folder.section('restore_cache', 'Restoring caches', () =>
    restoreCaches(offered, placeOf(folder, caches), owner === undefined ? {} : { owner }),
  )
}

/** After the script, whose processes are all dead. */
export async function saveJobCaches(
  folder: AttemptFolder,
  caches: RunnerCaches,
  rules: { readonly outcome: 'succeeded' | 'failed'; readonly seenAt: string },
): Promise<void> {
  const offered = (folder.offer.caches ?? []).filter(({ policy }) => policy !== 'pull')
  if (offered.length === 0) return
  const tracked = await folder.tracked()
  await folder.section('archive_cache', 'Saving caches', () =>
    saveCaches(offered, placeOf(folder, caches), { ...rules, ...(tracked && { tracked }) }),
  )
}

function placeOf(folder: AttemptFolder, caches: RunnerCaches): CachePlace {
  return {
    ...caches,
    project: folder.offer.project,
    workspace: folder.places.workspace,
    say: line => folder.say(line),
  }
}
