import { link, mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inParallel, randomText, systemCode } from '../../../core/index.ts'
import { RIGHT, UNVERIFIED } from '../../replica/index.ts'
import type { Source, WantedBlob } from './download.ts'
import { confirm, type Linked, linkFromNeighbour } from './neighbour.ts'

/** As in cache.ts. */
const AT_ONCE = 4
export const GONE = '.gone'

/** A file of a version: where it is to lie, and where the verified bytes of this host do. */
export interface LaidFile extends WantedBlob {
  readonly path: string
  readonly blob: string
  readonly isThere: boolean
}

export interface LaidEarly {
  /** Whether the files were right; where they were not, their folder is gone by then. */
  readonly right: Promise<boolean>
}

/**
 * Lays out files of a control plane on this machine that has yet to compare them with their digests, in a folder that
 * is not there yet: a model can be loaded in that time. The folder is marked, and a replica is not ready before the mark
 * says that they are right (../../replica/verdict.ts). Undefined, and nothing there, where they can't be had so.
 */
export async function layOutEarly(
  source: Source,
  folder: string,
  files: readonly LaidFile[],
): Promise<LaidEarly | undefined> {
  const marks = [...new Set(files.map(({ path }) => join(dirname(path), UNVERIFIED)))]
  const linked = await mark(marks)
    .then(() => linkAll(source, files))
    .catch(() => undefined)
  if (linked === undefined) {
    await withdraw(folder)
    return undefined
  }
  const right = inParallel(files, AT_ONCE, async (file, index) => {
    if (linked[index] === 'early') await confirm(source, file, file.path)
  })
    .then(() => accept(files, marks))
    .then(
      () => true,
      () => withdraw(folder).then(() => false),
    )
  return { right }
}

async function mark(marks: readonly string[]): Promise<void> {
  for (const mark of marks) {
    await mkdir(dirname(mark), { recursive: true, mode: 0o700 })
    await writeFile(mark, '', { mode: 0o600 })
  }
}

/** Undefined where one of them can't be had. */
async function linkAll(source: Source, files: readonly LaidFile[]): Promise<readonly Linked[] | undefined> {
  const linked: (Linked | undefined)[] = files.map(() => undefined)
  await inParallel(files, AT_ONCE, async (file, index) => {
    linked[index] = await linkOne(source, file)
  })
  return linked.every(each => each !== undefined) ? linked : undefined
}

async function linkOne(source: Source, file: LaidFile): Promise<Linked | undefined> {
  if (!file.isThere) return linkFromNeighbour(source, file, file.path, { early: true })
  await link(file.blob, file.path)
  return 'verified'
}

/** From here on they are like all others. */
async function accept(files: readonly LaidFile[], marks: readonly string[]): Promise<void> {
  for (const { path, blob, isThere } of files) if (!isThere) await link(path, blob).catch(thereIsFine)
  for (const mark of marks) {
    await writeFile(mark, RIGHT)
    await unlink(mark)
  }
}

/** All at once: none of its files may be found without its mark. What is left of it goes at the next start. */
export async function withdraw(folder: string): Promise<void> {
  const gone = join(dirname(folder), `.${randomText(12)}${GONE}`)
  try {
    await rename(folder, gone)
    await rm(gone, { recursive: true, force: true })
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

function thereIsFine(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error
}
