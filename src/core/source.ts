import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { CoreError, messageOf, systemCode } from './errors.ts'

/** Bytes that are read by ranges: a file, an object in a store, a slice of another source. Never whole by habit. */
export interface ByteSource {
  /** For messages: a path or a digest. */
  readonly name: string
  /** Total bytes. */
  readonly size: number
  /** Exactly `length` bytes from `offset`. Throws RANGE_OUT_OF_BOUNDS when the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>
  /**
   * Fills `target` from `offset`: what `read` does, into memory that is there already, which is several times as
   * fast. Throws as `read`. Absent where reading has no use for it.
   */
  readInto?(offset: number, target: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** Opens a regular file. Throws FILE_UNREADABLE, with the reason. */
export async function openFile(path: string): Promise<ByteSource> {
  let handle: FileHandle
  try {
    // Without O_NONBLOCK, opening a named pipe that nobody writes to would never come back.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT'
    throw new CoreError('FILE_UNREADABLE', {
      message: missing ? `There is no file ${path}` : `Could not open ${path}: ${messageOf(cause)}`,
      hint: missing
        ? 'Check the name; paths are relative to the folder of ballast.yaml.'
        : 'Check its permissions.',
      cause,
    })
  }
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new CoreError('FILE_UNREADABLE', {
      message: `${path} is not a regular file`,
      hint: 'Name a file, not a folder or a device.',
    })
  }
  const size = stat.size
  const fill = async (offset: number, target: Uint8Array): Promise<void> => {
    const { length } = target
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await handle.read(target, filled, length - filled, offset + filled)
      if (bytesRead === 0) throw outOfBounds(path, size, offset, length)
      filled += bytesRead
    }
  }
  return {
    name: path,
    size,
    async read(offset, length) {
      checkRange(path, size, offset, length)
      const bytes = new Uint8Array(length)
      await fill(offset, bytes)
      return bytes
    },
    async readInto(offset, target) {
      checkRange(path, size, offset, target.length)
      await fill(offset, target)
    },
    close: () => handle.close(),
  }
}

/** Bytes in memory as a source; reads are views, not copies. */
export function sourceOf(bytes: Uint8Array, name = 'bytes'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length)
      return bytes.subarray(offset, offset + length)
    },
    async close() {},
  }
}

function checkRange(name: string, size: number, offset: number, length: number): void {
  const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!sane || offset + length > size) throw outOfBounds(name, size, offset, length)
}

function outOfBounds(name: string, size: number, offset: number, length: number): CoreError {
  return new CoreError('RANGE_OUT_OF_BOUNDS', {
    message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
    hint: 'The file is probably truncated: fetch or export it again.',
    details: { size, offset, length },
  })
}
