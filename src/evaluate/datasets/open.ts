import { readdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { CoreError, openFile, systemCode } from '../../core/index.ts'
import { isLfsPointer } from '../../formats/index.ts'
import { EvaluateError } from '../errors.ts'
import { openIdxPair, openNpyPair, openNpzDataset } from './arrays.ts'
import { openParquetDataset } from './columns.ts'
import { inputFieldOf, labelFieldOf } from './fields.ts'
import { openCsvDataset, openJsonlDataset } from './rows.ts'
import type { Dataset, DatasetOptions } from './types.ts'

/** A pointer is shorter. */
const POINTER_BYTES = 1024
const IDX_IMAGES = /^(.*)images[.-]idx\d-ubyte(\.gz)?$/
const FORMS = '.npz, .csv, .tsv, .jsonl, .parquet, or a folder (or one file) of an IDX or .npy pair'

/**
 * Opens labelled examples, by the name of the file:
 *
 *   test.npz                      arrays `images` and `labels`, `x` and `y` … or those that the options name; or one
 *                                 for each input of a model
 *   test.csv, test.tsv            a column `label`, the others numbers, or what the columns of a model take
 *   test.parquet                  the same, or one of the others lists
 *   test.jsonl                    {"input": [...], "label": 3} a line
 *   t10k-images-idx3-ubyte[.gz]   with t10k-labels-idx1-ubyte[.gz] beside it
 *   a folder                      one such pair (a `t10k` or `test` one if several), or images.npy and labels.npy
 *
 * Nothing is unpickled. Throws DATASET_UNSUPPORTED, DATASET_FIELD_MISSING, DATASET_LENGTHS_DIFFER, DATASET_UNFIT,
 * or what the format's reader throws.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  if (await isFolder(path)) return openFolder(path, options)
  const name = basename(path)
  await refusePointer(path)
  if (name.endsWith('.npz')) return openNpzDataset(path, options)
  if (/\.[ct]sv$/.test(name)) return openCsvDataset(path, options)
  if (/\.(jsonl|ndjson)$/.test(name)) return openJsonlDataset(path, options)
  if (name.endsWith('.parquet')) return openParquetDataset(path, options)
  if (IDX_IMAGES.test(name)) return openIdx(dirname(path), name, await readdir(dirname(path)))
  throw new EvaluateError('DATASET_UNSUPPORTED', {
    message: `${name} is no data set that can be read`,
    hint: `Give ${FORMS}.`,
  })
}

/** A pointer that is called test.csv is text like any table. */
async function refusePointer(path: string): Promise<void> {
  const source = await openFile(path)
  try {
    if (!isLfsPointer(await source.read(0, Math.min(POINTER_BYTES, source.size)))) return
  } finally {
    await source.close()
  }
  throw new EvaluateError('DATASET_UNSUPPORTED', {
    message: `${basename(path)} is a Git LFS pointer: the data themselves were not fetched`,
    hint: 'Run `git lfs pull`.',
  })
}

async function openFolder(folder: string, options: DatasetOptions): Promise<Dataset> {
  const names = (await readdir(folder)).sort()
  const images = names.filter(name => IDX_IMAGES.test(name))
  const chosen = images.find(name => /t10k|test/i.test(name)) ?? images[0]
  if (chosen !== undefined) return openIdx(folder, chosen, names)
  const arrays = names.filter(name => name.endsWith('.npy')).map(name => name.slice(0, -'.npy'.length))
  if (arrays.length > 0) {
    const name = basename(folder)
    const [inputs, labels] = [inputFieldOf(arrays, options, name), labelFieldOf(arrays, options, name)]
    return openNpyPair(folder, `${inputs}.npy`, `${labels}.npy`)
  }
  throw new EvaluateError('DATASET_UNSUPPORTED', {
    message: `The folder ${basename(folder)} holds no data set: neither …images-idx3-ubyte nor .npy files`,
    hint: `Give ${FORMS}.`,
  })
}

function openIdx(folder: string, images: string, names: readonly string[]): Promise<Dataset> {
  const prefix = IDX_IMAGES.exec(images)?.[1] ?? ''
  const labels = names.find(
    name => name.startsWith(prefix) && /^labels[.-]idx1-ubyte(\.gz)?$/.test(name.slice(prefix.length)),
  )
  if (labels !== undefined) return openIdxPair(folder, images, labels)
  throw new EvaluateError('DATASET_FIELD_MISSING', {
    message: `${images} has no ${prefix}labels-idx1-ubyte beside it`,
    hint: 'Put both files of the data set in one folder.',
  })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
    throw new CoreError('FILE_UNREADABLE', {
      message: `There is no data set ${path}`,
      hint: 'Check evaluate.data in ballast.yaml, and that the file was committed.',
      cause,
    })
  }
}
