import type { ApiClient, NamedVersion, VariantView } from '../../api/index.ts'
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
 * A version's files in a folder, or those of one of its variants, by name. What is there already and right stays; a folder with anything else in it
 * needs `force`, which replaces files of the same names and leaves the others. Throws FOLDER_NOT_EMPTY, VARIANT_NOT_FOUND.
 */
export async function checkOut(
  client: ApiClient,
  version: NamedVersion,
  folder: string,
  options: {
    readonly force: boolean
    readonly variant?: string | undefined
    readonly came: (bytes: number) => void
  },
): Promise<CheckedOut> {
  const { variant } = options
  const files = filesOf(version, variant)
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
    await fetchFile({
      client,
      version: version.id,
      ...(variant !== undefined && { variant }),
      folder,
      file,
      came: options.came,
    })
  return { fetched, kept }
}

/** Checked here too: no name leads out of a folder because a server said so. */
function filesOf(version: NamedVersion, variant: string | undefined): readonly BlobRef[] {
  const { model, commit, files, config } = version.manifest
  return makeManifest({
    model,
    commit: commit as CommitId,
    files: (variant === undefined ? files : variantNamed(version, variant).files).map(file => ({
      ...file,
      digest: file.digest as Digest,
    })),
    config: config as Json,
  }).files
}

/** Throws VARIANT_NOT_FOUND. */
export function variantNamed({ model, number, variants }: NamedVersion, name: string): VariantView {
  const found = variants.find(variant => variant.name === name)
  if (found) return found
  const there = variants.map(variant => variant.name).join(', ')
  throw new BallastError('VARIANT_NOT_FOUND', {
    message: `${model} v${number} has no variant '${name}'`,
    hint: there === '' ? 'It has none; `optimize:` in ballast.yaml makes them.' : `It has ${there}.`,
  })
}
