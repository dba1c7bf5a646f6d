import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { digestOf, hexOf } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'

/** The kernel's limit on a Unix socket's path is 108 bytes with its end. */
const MAX_SOCKET_PATH = 104

/**
 * Where a host keeps what it needs:
 *
 *   wanted.json                     the last wanted set
 *   replicas/<id>/spec.json         what the replica was told
 *   replicas/<id>/process.json      its pid and start time, by which a later host knows it again
 *   replicas/<id>/parked.json       while it sleeps: `Parked`
 *   replicas/<id>/fallback.json     why it serves the original although a variant is wanted
 *   replicas/<id>/log.txt
 *   sockets/<short>.sock            or below the temporary folder, where that path would be too long
 *   spare/                          the log of the process that waits to become a replica
 *   compiled/                       what Node compiled of Ballast's own sources
 *   blobs/, versions/               BlobCache
 */
export class Places {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  get wanted(): string {
    return join(this.#folder, 'wanted.json')
  }

  get compiled(): string {
    return join(this.#folder, 'compiled')
  }

  get spare(): string {
    return join(this.#folder, 'spare')
  }

  get replicas(): string {
    return join(this.#folder, 'replicas')
  }

  replica(id: string): {
    readonly folder: string
    readonly spec: string
    readonly process: string
    readonly parked: string
    readonly fallback: string
    readonly log: string
  } {
    const folder = join(this.replicas, fileNameOf(id))
    return {
      folder,
      spec: join(folder, 'spec.json'),
      process: join(folder, 'process.json'),
      parked: join(folder, 'parked.json'),
      fallback: join(folder, 'fallback.json'),
      log: join(folder, 'log.txt'),
    }
  }

  /** The same for the same replica, so that a restarted one is found where the last one was. */
  async socket(id: string): Promise<string> {
    const short = hexOf(digestOf(id)).slice(0, 16)
    const near = join(this.#folder, 'sockets')
    const path = join(near, `${short}.sock`)
    if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) {
      await mkdir(near, { recursive: true, mode: 0o700 })
      return path
    }
    const { uid } = userInfo()
    const far = join(tmpdir(), `ballast-${uid}`)
    await mkdir(far, { recursive: true, mode: 0o700 })
    await checkOwn(far, uid)
    return join(far, `${hexOf(digestOf(this.#folder)).slice(0, 12)}${short}.sock`)
  }
}

/** An id as a name of one file: reversible by decodeURIComponent, and never `..`. */
export function fileNameOf(id: string): string {
  return encodeURIComponent(id).replaceAll('.', '%2E')
}

/** The temporary folder is everybody's: a folder there must be ours alone. */
async function checkOwn(folder: string, uid: number): Promise<void> {
  const stat = await lstat(folder)
  if (stat.isDirectory() && (uid < 0 || (stat.uid === uid && (stat.mode & 0o077) === 0))) return
  throw new InferenceError('SPEC_INVALID', {
    message: `${folder} belongs to somebody else, or others may write there`,
    hint: 'Remove it, or give the host a shorter --data path.',
  })
}
