import { constants } from 'node:fs'
import { link, lstat, open, unlink } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { blobPlaceSchema } from '../../../api/index.ts'
import type { Source, WantedBlob } from './download.ts'
import { mismatch } from './errors.ts'

/** A packed model is restored first: a gigabyte takes seconds, on a slow disk a minute. */
const PLACE_TIMEOUT_MS = 120_000
const WRITABLE = 0o222n

/** `early`: the control plane has yet to compare its bytes. */
export type Linked = 'verified' | 'early'

/**
 * Gives a blob that the control plane has on this machine's disk the name `part`, without copying it: a hard link. The
 * store has verified its bytes, unless they are asked for early, and its files are never written again. Undefined where
 * that can't be: another machine, another disk or user, a file that is not what it is said to be; then it is downloaded
 * as from anywhere.
 *
 * A path is believed only where the control plane is reached over the loopback, and what lies there is looked at by
 * its handle: a regular file, of that device, inode and size, that nobody may write and no stranger owns.
 */
export async function linkFromNeighbour(
  source: Source,
  blob: WantedBlob,
  part: string,
  { early = false }: { readonly early?: boolean } = {},
): Promise<Linked | undefined> {
  if (!isLoopback(source.serverUrl)) return undefined
  try {
    const place = await placeOf(source, blob, early)
    if (place === undefined || !(await linkPlace(place, blob, part))) return undefined
    return place.verified ? 'verified' : 'early'
  } catch {
    return undefined
  }
}

/** Waits until the control plane has compared what was linked early; throws BLOB_MISMATCH where it is not that file. */
export async function confirm(source: Source, blob: WantedBlob, path: string): Promise<void> {
  const place = await placeOf(source, blob, false).catch(() => undefined)
  const { dev, ino } = await lstat(path, { bigint: true })
  if (place?.verified && place.device === dev && place.inode === ino) return
  throw mismatch(blob.digest, blob.size, 'what the control plane did not find right')
}

interface Place {
  readonly path: string
  readonly device: bigint
  readonly inode: bigint
  readonly verified: boolean
}

async function placeOf(
  { serverUrl, token }: Source,
  { digest }: WantedBlob,
  early: boolean,
): Promise<Place | undefined> {
  const response = await fetch(`${serverUrl}/api/v1/blobs/${digest}/place${early ? '?early=1' : ''}`, {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(PLACE_TIMEOUT_MS),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    return undefined
  }
  const { path, device, inode, verified = true } = blobPlaceSchema.parse(await response.json())
  return isAbsolute(path) ? { path, device: BigInt(device), inode: BigInt(inode), verified } : undefined
}

async function linkPlace({ path, device, inode }: Place, blob: WantedBlob, part: string): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const found = await handle.stat({ bigint: true })
    const own = process.getuid?.()
    const isRight =
      found.isFile() &&
      found.size === BigInt(blob.size) &&
      found.dev === device &&
      found.ino === inode &&
      (found.mode & WRITABLE) === 0n &&
      (found.uid === 0n || own === undefined || found.uid === BigInt(own))
    if (!isRight) return false
    await link(path, part)
    // Between the look and the link the path may have become another file's.
    const linked = await lstat(part, { bigint: true })
    if (linked.dev === found.dev && linked.ino === found.ino) return true
    await unlink(part)
    return false
  } finally {
    await handle.close()
  }
}

/** Whether an address can only be this machine's. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
