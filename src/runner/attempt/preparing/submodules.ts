import { chown } from 'node:fs/promises'
import { untilReached } from '../../control/backoff.ts'
import type { AttemptRoutes } from '../../control/control-plane.ts'
import { folderFor } from '../../workspace/blobs.ts'
import { laySource } from '../../workspace/lay.ts'
import type { Source, SourceCache } from '../../workspace/sources/sources.ts'
import type { AttemptFolder } from '../folder.ts'

/** Paths in one line of a log; the rest is counted. */
const MAX_NAMED = 10

interface Laying {
  readonly folder: AttemptFolder
  readonly routes: AttemptRoutes
  readonly sources: SourceCache
  readonly signal: AbortSignal
}

/** Lays the submodules of the offer below the commit's files; gives the paths of theirs. */
export async function laySubmodules(
  { folder, routes, sources, signal }: Laying,
  owner: number | undefined,
): Promise<readonly string[]> {
  const { given, elsewhere } = folder.offer.submodules ?? { given: [], elsewhere: [] }
  const laid: string[] = []
  for (const { path, project, commit } of given) {
    const source = await untilReached(signal, () =>
      sources.use({ project, commit }, () => routes.submodule(path, signal)),
    )
    try {
      // Empty as the commit has it; what lies there else is another file of the commit, and laying fails.
      const place = await folderFor(folder.places.workspace, path, owner)
      await laySource(source, place, owner)
      if (owner !== undefined) await chown(place, owner, owner)
      laid.push(...namesIn(source).map(name => `${path}/${name}`))
      await folder.say(`Submodule ${path}: ${commit.slice(0, 8)} of ${project}`)
    } finally {
      source.release()
    }
  }
  if (elsewhere.length > 0) {
    const more = elsewhere.length > MAX_NAMED ? ` and ${elsewhere.length - MAX_NAMED} more` : ''
    await folder.say(
      `Submodules of other servers are for the script to fetch (git submodule update --init): ${elsewhere.slice(0, MAX_NAMED).join(', ')}${more}`,
    )
  }
  return laid
}

/** Paths of a source's files and links. */
export function namesIn({ listing: { files, links } }: Source): readonly string[] {
  return [...files, ...links.map(([path]) => path)]
}
