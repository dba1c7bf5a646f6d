import { type Digest, DownloadFailure, diskFull, downloadTo, messageOf } from '../../../core/index.ts'
import { mismatch, unavailable } from './errors.ts'

export interface Source {
  readonly serverUrl: string
  readonly token: string
}

export interface WantedBlob {
  readonly digest: Digest
  readonly size: number
}

/**
 * Fetches a blob into the file `part`, going on with what an earlier try left there: see `downloadTo`. Throws
 * BLOB_UNAVAILABLE, keeping what came, BLOB_MISMATCH, keeping nothing, and DISK_FULL.
 */
export async function download({ serverUrl, token }: Source, blob: WantedBlob, part: string): Promise<void> {
  const { digest, size } = blob
  try {
    await downloadTo(part, blob, {
      request: (headers, signal) =>
        fetch(`${serverUrl}/api/v1/blobs/${digest}`, {
          headers: { ...headers, authorization: `Bearer ${token}` },
          signal,
        }),
    })
  } catch (error) {
    if (error instanceof DownloadFailure) {
      if (error.kind === 'mismatch') throw mismatch(digest, size, error.message)
      throw unavailable(digest, `the control plane ${error.message}`)
    }
    throw diskFull(error, part) ?? unavailable(digest, messageOf(error), error)
  }
}
