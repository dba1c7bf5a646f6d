import { type FileHandle, open, unlink } from 'node:fs/promises'
import { systemCode } from '../../../../core/index.ts'
import { GrowingKeys, type Keys, SortedKeys } from './keys.ts'
import { idIn, keyOf } from './line.ts'
import { lineAt, linesOf } from './read.ts'

/** A file of lines, and where each of them lies. */
export interface Segment {
  readonly path: string
  readonly number: number
  readonly bytes: number
  /** Epoch milliseconds of the last write. */
  readonly writtenAt: number
  readonly keys: Keys
}

export function keysPath(path: string): string {
  return path.replace(/\.log$/, '.keys')
}

/** A segment that nobody writes any more, with its keys: from beside it, or made anew from its lines. */
export async function openSealed(path: string, number: number): Promise<Segment> {
  const handle = await open(path, 'r')
  try {
    const { size, mtimeMs } = await handle.stat()
    let keys = await SortedKeys.load(keysPath(path), size)
    if (keys === undefined) {
      keys = (await scan(handle)).keys.sorted()
      await keys.save(keysPath(path), size)
    }
    return { path, number, bytes: size, writtenAt: mtimeMs, keys }
  } finally {
    await handle.close()
  }
}

/**
 * The last segment of a process that may have been killed. What it had not written whole is cut off: the bytes behind
 * the last line feed, and damaged lines at the very end, which a power cut leaves. Nothing before them is touched.
 */
export async function recover(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly bytes: number; readonly keys: GrowingKeys }> {
  const handle = await open(path, 'r+')
  try {
    const { keys, good } = await scan(handle)
    if ((await handle.stat()).size > good) await handle.truncate(good)
    return { handle, bytes: good, keys }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** `good`: where the last line ends that is whole. */
async function scan(handle: FileHandle): Promise<{ readonly keys: GrowingKeys; readonly good: number }> {
  const keys = new GrowingKeys()
  let good = 0
  for await (const { offset, bytes, json } of linesOf(handle)) {
    if (json === undefined) continue
    good = offset + bytes
    const id = idIn(json)
    if (id !== undefined) keys.add(keyOf(id), offset)
  }
  return { keys, good }
}

/** The JSON of the lines of `id`. */
export async function find({ path, keys }: Segment, id: string): Promise<readonly string[]> {
  const offsets = keys.find(keyOf(id))
  if (offsets.length === 0) return []
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    // It has just been let go of for its age.
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  try {
    const found: string[] = []
    for (const offset of offsets) {
      const json = await lineAt(handle, offset)
      if (json !== undefined && idIn(json) === id) found.push(json)
    }
    return found
  } finally {
    await handle.close()
  }
}

export async function remove({ path }: Segment): Promise<void> {
  for (const each of [path, keysPath(path)]) {
    await unlink(each).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
  }
}
