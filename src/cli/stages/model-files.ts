import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path/posix'
import type { ModelRepository } from '../../config/index.ts'
import { resolveInside } from '../../core/index.ts'
import {
  below,
  type FileTree,
  folderTree,
  type OpenedModel,
  openFolder,
  openIn,
} from '../../formats/index.ts'

/** The model of a repository: a file with what lies beside it, or a folder. */
export interface ModelFiles {
  readonly tree: FileTree
  /** Where that tree stands in the workspace. */
  readonly folder: string
  /** Undefined where the folder is the model. */
  readonly main: string | undefined
}

/** Throws FILE_UNREADABLE where nothing is there, PATH_ESCAPES for a link out of the workspace. */
export async function modelFilesOf(workspace: string, { model }: ModelRepository): Promise<ModelFiles> {
  const real = await resolveInside(workspace, model.file)
  const whole = folderTree(workspace)
  if ((await stat(real)).isDirectory())
    return { tree: below(whole, model.file), folder: model.file, main: undefined }
  const folder = dirname(model.file)
  return { tree: below(whole, folder), folder, main: basename(model.file) }
}

export async function openFiles({ tree, main }: ModelFiles): Promise<OpenedModel> {
  return main === undefined ? openFolder(tree) : openIn(tree, main)
}

/** A file of the model as a path in the workspace. */
export function inWorkspace({ folder }: ModelFiles, path: string): string {
  return join(folder, path)
}
