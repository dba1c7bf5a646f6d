import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  openSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { setImmediate } from 'node:timers/promises'

/**
 * Up to this size a file is read and written whole, at once and in this thread: each call that goes through
 * Node's pool of threads costs more than all of them here.
 */
export const SMALL_BYTES: number = 256 * 1024
/** Everything else has its turn after so many. */
const IN_A_ROW = 16

let row = 0

/** To be awaited once for each file. */
export async function turn(): Promise<void> {
  if (++row % IN_A_ROW === 0) await setImmediate()
}

/** A regular file's bytes, undefined where they are too many. A link in its place is refused (ELOOP). */
export function readSmall(path: string): Buffer | undefined {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = fstatSync(handle)
    if (size > SMALL_BYTES) return undefined
    const buffer = Buffer.allocUnsafe(size + 1)
    // One that grows meanwhile is for whoever reads files of any size.
    return readSync(handle, buffer, 0, size + 1, 0) === size ? buffer.subarray(0, size) : undefined
  } finally {
    closeSync(handle)
  }
}

/** Makes a file where nothing may be (EEXIST). Where it fails there is none. */
export function writeSmall(path: string, bytes: Uint8Array, mode: number, mtimeMs: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = openSync(path, flags, 0o600)
  try {
    writeFileSync(handle, bytes)
    fchmodSync(handle, mode)
    futimesSync(handle, mtimeMs / 1000, mtimeMs / 1000)
  } catch (cause) {
    unlinkSync(path)
    throw cause
  } finally {
    closeSync(handle)
  }
}
