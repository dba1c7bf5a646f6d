import { CoreError } from '../../core/index.ts'

/** Longest path that common file systems take. */
export const MAX_PATH_LENGTH = 4096

/** Throws PATH_ESCAPES for a name in a tree that is absolute, climbs out, or is none. */
export function checkRelative(tree: string, path: string): void {
  const plain =
    path.length > 0 &&
    path.length <= MAX_PATH_LENGTH &&
    !path.startsWith('/') &&
    !/[\0\\]/.test(path) &&
    !/^[A-Za-z]:/.test(path) &&
    !path.split('/').includes('..')
  if (plain) return
  throw new CoreError('PATH_ESCAPES', {
    message: `The path '${path.slice(0, 200)}' leads out of ${tree}`,
    hint: 'Keep the files of a model in one folder, under plain relative names.',
    details: { path: path.slice(0, 200) },
  })
}

export function missingIn(tree: string, path: string): CoreError {
  return new CoreError('FILE_UNREADABLE', {
    message: `There is no file ${path} in ${tree}`,
    hint: 'Keep all files of the model together, under the names they were written with.',
    details: { path },
  })
}
