import { constants, existsSync } from 'node:fs'
import { copyFile, cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../tree/git.ts'
import type { WorkingTree } from '../../tree/repository.ts'

/** As many commits as GitLab's jobs find. */
const DEPTH = 20

/** A short history with objects of its own, made once: within walls the user's repository is not there to borrow from. */
export function shortHistoryIn(folder: string, tree: WorkingTree): () => Promise<string | undefined> {
  let made: Promise<string | undefined> | undefined
  return () => {
    made ??= make(join(folder, 'history.git'), tree)
    return made
  }
}

async function make(folder: string, { root, git: state }: WorkingTree): Promise<string | undefined> {
  if (!state?.head || !state.whole) return undefined
  await mkdir(folder)
  const words = ['clone', '--quiet', '--bare', '--depth', `${DEPTH}`, `file://${root}`, folder]
  return (await git(folder, ...words)) === undefined ? undefined : folder
}

/** Puts it into a workspace, in the place of the borrowed one; without one there is no `.git`. */
export async function ownHistory(workspace: string, history: string | undefined): Promise<void> {
  const to = join(workspace, '.git')
  if (!existsSync(to)) return
  if (history === undefined) {
    await rm(to, { recursive: true, force: true })
    return
  }
  await rm(join(to, 'objects'), { recursive: true, force: true })
  await cp(join(history, 'objects'), join(to, 'objects'), {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
  })
  for (const name of ['packed-refs', 'shallow'])
    if (existsSync(join(history, name))) await copyFile(join(history, name), join(to, name))
}
