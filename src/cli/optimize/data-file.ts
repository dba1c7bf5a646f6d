import type { ModelRepository } from '../../config/index.ts'
import { type Dataset, type DatasetOptions, openDataset } from '../../evaluate/index.ts'

/** A data set by its file: each process that reads it opens it itself. */
export interface DataFile {
  readonly path: string
  readonly options: DatasetOptions
}

/** With the fields that ballast.yaml names. Rows may hold what is no number. */
export function dataFile(path: string, wanted: ModelRepository['evaluate']): DataFile {
  return {
    path,
    options: {
      rows: 'allowed',
      ...(wanted?.inputField !== undefined && { inputField: wanted.inputField }),
      ...(wanted?.labelField !== undefined && { labelField: wanted.labelField }),
    },
  }
}

export async function withData<T>(
  { path, options }: DataFile,
  use: (data: Dataset) => Promise<T>,
): Promise<T> {
  const data = await openDataset(path, options)
  return use(data).finally(() => data.close())
}
