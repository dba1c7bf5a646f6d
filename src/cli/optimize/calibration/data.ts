import { basename, join, resolve } from 'node:path'
import type { ModelRepository } from '../../../config/index.ts'
import { BallastError, isThere, resolveInside } from '../../../core/index.ts'
import type { ModelConfig } from '../../../model/index.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { type DataFile, dataFile } from '../data-file.ts'

/**
 * What a model is calibrated on: `given`, or the data of ballast.yaml, prepared by its steps. A model outside a
 * repository takes its data as they are. Throws NO_DATA.
 */
export async function calibrationData(
  folder: string,
  given: string | undefined,
): Promise<{ readonly config: ModelConfig; readonly data: DataFile }> {
  const repository = await repositoryIn(folder)
  const wanted = repository?.evaluate
  const path = given ?? (wanted && (await resolveInside(folder, wanted.data)))
  if (path === undefined)
    throw new BallastError('NO_DATA', {
      message: repository
        ? 'ballast.yaml names no data to calibrate on'
        : `${resolve(folder)} has no ballast.yaml, and no data to calibrate on was given`,
      hint: 'Name it with --data, or add `evaluate: { data: data/test.npz }`.',
    })
  const config = repository
    ? await modelConfigOf(folder, repository)
    : ({ name: basename(resolve(folder)), task: 'generic', labels: [], preprocess: [] } as const)
  return { config, data: dataFile(path, wanted) }
}

/** A folder that only happens to hold models is none here. */
async function repositoryIn(folder: string): Promise<ModelRepository | undefined> {
  return (await isThere(join(folder, 'ballast.yaml'))) ? localRepository(folder) : undefined
}
