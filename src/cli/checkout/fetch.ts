import { createHash, type Hash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ApiClient } from '../../api/index.ts'
import { BallastError, diskFull, hexOf, syncFolder } from '../../core/index.ts'
import type { BlobRef } from '../../registry/index.ts'
import { partOf, placeFor } from './folder.ts'

/** A connection that breaks this often without a byte in between is not going to hold. */
const MAX_TRIES = 5
/** Before the second try; a server that starts again takes about as long. */
const PAUSE_MS = 300

export interface FetchRequest {
  readonly client: ApiClient
  /** Id of the version, and whose files of it: a variant's, by its name, or its own. */
  readonly version: string
  readonly variant?: string
  readonly folder: string
  readonly file: BlobRef
  /** Bytes that came, or were there. */
  readonly came: (bytes: number) => void
}

/**
 * Brings one file of a version into a folder: beside its place, from where an earlier try broke off, verified, synced,
 * then renamed. So a file is there whole and right, or as it was. Throws DOWNLOAD_BROKEN, DISK_FULL and what the
 * server answers.
 */
export async function fetchFile(request: FetchRequest): Promise<void> {
  const { folder, file } = request
  const target = await placeFor(folder, file.name)
  const part = join(dirname(target), basename(partOf(file.name)))
  const hash = await resume(request, part)
  if (hash.digest('hex') !== hexOf(file.digest)) {
    // What an earlier try left may have been the wrong part: the next begins anew.
    await unlink(part)
    throw new BallastError('DOWNLOAD_BROKEN', {
      message: `${file.name} came as other bytes than those of ${file.digest}`,
      hint: 'Run it again; if it stays, the server needs `ballast registry fsck`.',
    })
  }
  await rename(part, target)
  await syncFolder(dirname(target))
}

/** Gives the hash of all that is in `part` when it has come whole. */
async function resume(request: FetchRequest, part: string): Promise<Hash> {
  const { size } = request.file
  const { handle, hash, length } = await openPart(request, part)
  let have = length
  try {
    for (let tries = 1; have < size; tries++) {
      const before = have
      const broken = await receive(request, handle, hash, have, bytes => {
        have += bytes
      })
      if (have > before) tries = 1
      if (have < size && tries >= MAX_TRIES) throw brokenOff(request.file, have, broken)
      if (have < size) await setTimeout(PAUSE_MS * tries)
    }
    await handle.truncate(size)
    await handle.sync()
    return hash
  } catch (cause) {
    throw diskFull(cause, part) ?? cause
  } finally {
    await handle.close()
  }
}

/** What an earlier try left, hashed; more than the file has is nothing of it. */
async function openPart({ file, came }: FetchRequest, part: string) {
  const found = await lstat(part).catch(() => undefined)
  if (found && (!found.isFile() || found.size > file.size)) await unlink(part)
  const hash = createHash('sha256')
  let length = 0
  if (found?.isFile() && found.size <= file.size) {
    for await (const chunk of createReadStream(part)) {
      hash.update(chunk as Buffer)
      length += (chunk as Buffer).byteLength
    }
  }
  came(length)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW
  return { handle: await open(part, flags, 0o644), hash, length }
}

/** From `start` on, until the end or until it breaks; gives why it broke. What the server refuses is thrown. */
async function receive(
  { client, version, variant, file, came }: FetchRequest,
  handle: FileHandle,
  hash: Hash,
  start: number,
  took: (bytes: number) => void,
): Promise<unknown> {
  const name = file.name.split('/').map(encodeURIComponent).join('/')
  let at = start
  try {
    const of = variant === undefined ? '' : `/variants/${encodeURIComponent(variant)}`
    const { body, status } = await client.stream(`/versions/${version}${of}/files/${name}`, undefined, start)
    // Whoever ignores the range sends what is here already.
    let skip = status === 206 ? 0 : start
    for await (const whole of body ?? []) {
      const chunk = whole.subarray(Math.min(skip, whole.byteLength))
      skip -= whole.byteLength - chunk.byteLength
      if (at + chunk.byteLength > file.size) throw tooLong(file)
      await handle.write(chunk, 0, chunk.byteLength, at)
      hash.update(chunk)
      at += chunk.byteLength
      took(chunk.byteLength)
      came(chunk.byteLength)
    }
    return undefined
  } catch (cause) {
    if (cause instanceof BallastError && cause.code !== 'SERVER_UNREACHABLE') throw cause
    const full = diskFull(cause, file.name)
    if (full) throw full
    return cause
  }
}

function tooLong({ name, size }: BlobRef): BallastError {
  return new BallastError('DOWNLOAD_BROKEN', {
    message: `More came of ${name} than the ${size} bytes that it has`,
    hint: 'Is that a Ballast server?',
  })
}

function brokenOff({ name, size }: BlobRef, have: number, cause: unknown): BallastError {
  return new BallastError('DOWNLOAD_BROKEN', {
    message: `${name} broke off after ${have} of ${size} bytes, ${MAX_TRIES} times`,
    hint: 'Run it again: it goes on where it stopped.',
    cause,
  })
}
