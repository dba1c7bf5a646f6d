import { lstat, mkdir, readdir, unlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { BallastError, digestOfFile, systemCode } from '../../core/index.ts'
import type { BlobRef } from '../../registry/index.ts'

/** What stands beside a file that has not come whole. */
export function partOf(name: string): string {
  const at = name.lastIndexOf('/') + 1
  return `${name.slice(0, at)}.${name.slice(at)}.part`
}

/** Which files of a version are in a folder already, whole and right. */
export interface Found {
  readonly right: ReadonlySet<string>
  /** Paths in the folder that no file of the version, and no part of one, has. */
  readonly others: readonly string[]
  /** Files of the version's names with other bytes. */
  readonly different: readonly string[]
}

/** Looks a folder through; one that is not there is empty. Follows no link. */
export async function lookThrough(folder: string, files: readonly BlobRef[]): Promise<Found> {
  const wanted = new Map(files.map(file => [file.name, file]))
  const parts = new Set(files.map(({ name }) => partOf(name)))
  const right = new Set<string>()
  const others: string[] = []
  const different: string[] = []
  for (const { path, kind } of await pathsIn(folder)) {
    const file = wanted.get(path)
    if (!file) {
      if (!parts.has(path)) others.push(path)
    } else if (kind === 'file' && (await isRight(join(folder, path), file))) right.add(path)
    else different.push(path)
  }
  return { right, others, different }
}

async function isRight(path: string, { size, digest }: BlobRef): Promise<boolean> {
  return (await lstat(path)).size === size && (await digestOfFile(path)) === digest
}

async function pathsIn(folder: string) {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter(entry => !entry.isDirectory())
      .map(entry => ({
        path: relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'),
        kind: entry.isFile() ? 'file' : 'other',
      }))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []
    if (systemCode(cause) === 'ENOTDIR')
      throw new BallastError('FILE_EXISTS', {
        message: `${folder} is a file`,
        hint: 'Name a folder, or one that is to be made.',
        cause,
      })
    throw cause
  }
}

/**
 * Makes the folders of `name` below `folder`, and clears the way for the file itself. A link on the way would lead the
 * file out: it is taken away where it stands for a folder of ours, as whatever else stands there is. Gives its path.
 */
export async function placeFor(folder: string, name: string): Promise<string> {
  const target = join(folder, name)
  await mkdir(folder, { recursive: true })
  const way = relative(folder, dirname(target)).split('/').filter(Boolean)
  let at = folder
  for (const part of way) {
    at = join(at, part)
    const found = await lstat(at).catch(() => undefined)
    if (found?.isDirectory()) continue
    if (found) await unlink(at)
    await mkdir(at)
  }
  const there = await lstat(target).catch(() => undefined)
  if (there?.isDirectory())
    throw new BallastError('FILE_EXISTS', {
      message: `${target} is a folder, and a file of the version has its name`,
      hint: 'Check out into another folder.',
    })
  return target
}
