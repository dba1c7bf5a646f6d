import type { ApiClient, NamedVersion } from '../../api/index.ts'
import { BallastError, type CommitId, type Digest, type Json } from '../../core/index.ts'
import { type BlobRef, makeManifest } from '../../registry/index.ts'
import { fetchFile } from './fetch.ts'
import { lookThrough } from './folder.ts'

export interface CheckedOut {
  readonly fetched: readonly BlobRef[]
  /** Were there, and right. */
  readonly kept: readonly BlobRef[]
}

/**
 * A version's files in a folder, by name. What is there already and right stays; a folder with anything else in it
 * needs `force`, which replaces files of the same names and leaves the others. Throws FOLDER_NOT_EMPTY.
 */
export async function checkOut(
  client: ApiClient,
  version: NamedVersion,
  folder: string,
  options: { readonly force: boolean; readonly came: (bytes: number) => void },
): Promise<CheckedOut> {
  const files = filesOf(version)
  const { right, others, different } = await lookThrough(folder, files)
  const inTheWay = [...different, ...others]
  if (inTheWay.length > 0 && !options.force) {
    throw new BallastError('FOLDER_NOT_EMPTY', {
      message: `${folder} has files that are not of ${version.model} v${version.number}: ${inTheWay.slice(0, 3).join(', ')}${inTheWay.length > 3 ? ' …' : ''}`,
      hint: 'Choose another folder, or give --force: files of the same names are replaced, others stay.',
    })
  }
  const kept = files.filter(({ name }) => right.has(name))
  for (const { size } of kept) options.came(size)
  const fetched = files.filter(({ name }) => !right.has(name))
  for (const file of fetched)
    await fetchFile({ client, version: version.id, folder, file, came: options.came })
  return { fetched, kept }
}

/** Checked here too: no name leads out of a folder because a server said so. */
function filesOf({ manifest }: NamedVersion): readonly BlobRef[] {
  const { model, commit, files, config } = manifest
  return makeManifest({
    model,
    commit: commit as CommitId,
    files: files.map(file => ({ ...file, digest: file.digest as Digest })),
    config: config as Json,
  }).files
}
