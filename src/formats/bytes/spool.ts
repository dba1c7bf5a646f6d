import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ByteSource,
  CoreError,
  diskFull,
  messageOf,
  randomText,
  sourceOf,
  systemCode,
} from '../../core/index.ts'

/** What unpacked content may take of memory; beyond it goes to disk. Most wrapped models and joblib files are smaller. */
export const MAX_HELD_BYTES: number = 32 * 2 ** 20
/** One write to disk: pieces of decoders are a few kilobytes. */
const WRITE_BYTES = 2 ** 20

/** Takes bytes in order and gives them back as a source. `finish` or `abandon` ends it. */
export interface Spool {
  readonly written: number
  /** Takes a copy where it must keep the bytes: the caller may reuse its buffer. Throws DISK_FULL or FILE_UNREADABLE. */
  write(bytes: Uint8Array): Promise<void>
  /** What was written. Closing it gives memory or disk back. */
  finish(): Promise<ByteSource>
  abandon(): Promise<void>
}

/**
 * Bytes of unknown number on their way to a source: held in memory up to `held`, then in a temporary file in
 * `$TMPDIR` that has no name any more, so that not even a kill leaves something behind.
 */
export function spoolOf(name: string, held: number = MAX_HELD_BYTES): Spool {
  let pieces: Uint8Array[] = []
  let waiting = 0
  let written = 0
  let stored = 0
  let handle: FileHandle | undefined

  async function flush(): Promise<void> {
    if (waiting === 0) return
    handle ??= await openUnlinked(name)
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, waiting)
    await writeAll(handle, bytes, stored, name)
    stored += waiting
    waiting = 0
    pieces = []
  }

  return {
    get written() {
      return written
    },
    async write(bytes) {
      if (bytes.byteLength === 0) return
      pieces.push(Uint8Array.from(bytes))
      waiting += bytes.byteLength
      written += bytes.byteLength
      if (waiting > (handle ? WRITE_BYTES : held)) await flush()
    },
    async finish() {
      if (handle === undefined) return sourceOf(Buffer.concat(pieces, waiting), name)
      await flush()
      return sourceOfHandle(handle, stored, name)
    },
    async abandon() {
      pieces = []
      waiting = 0
      await handle?.close()
    },
  }
}

/** A file for reading and writing that exists as long as it is open, for this user alone. */
async function openUnlinked(name: string): Promise<FileHandle> {
  const path = join(tmpdir(), `ballast-${randomText(16)}.spool`)
  try {
    const handle = await open(path, 'wx+', 0o600)
    await unlink(path)
    return handle
  } catch (cause) {
    throw unwritable(cause, path, name)
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number, name: string): Promise<void> {
  let done = 0
  try {
    while (done < bytes.byteLength)
      done += (await handle.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten
  } catch (cause) {
    throw unwritable(cause, tmpdir(), name)
  }
}

function unwritable(cause: unknown, path: string, name: string): CoreError {
  const full = diskFull(cause, `the unpacked content of ${name} to ${tmpdir()}`)
  if (full) return full
  return new CoreError('FILE_UNREADABLE', {
    message: `${name} could not be unpacked to ${path}: ${systemCode(cause) ?? messageOf(cause)}`,
    hint: 'Let TMPDIR name a folder that can be written to.',
    cause,
  })
}

function sourceOfHandle(handle: FileHandle, size: number, name: string): ByteSource {
  return {
    name,
    size,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size))
        throw outOfRange(name, size, offset, length)
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) throw outOfRange(name, size, offset, length)
        filled += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

function outOfRange(name: string, size: number, offset: number, length: number): CoreError {
  return new CoreError('RANGE_OUT_OF_BOUNDS', {
    message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
    hint: 'The file is probably truncated: fetch or export it again.',
    details: { size, offset, length },
  })
}
