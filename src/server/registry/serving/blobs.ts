import { stat } from 'node:fs/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BlobPlace } from '../../../api/index.ts'
import type { Digest } from '../../../core/index.ts'
import type { BlobStore, ObjectStore } from '../../../registry/index.ts'

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/

/** Whether a request comes from this machine: only then is a path of any use to who asks. */
export function isNeighbour({ raw }: FastifyRequest): boolean {
  return LOOPBACK.test(raw.socket.remoteAddress ?? '')
}

/**
 * Where a blob lies whole and verified: one that is only packed is restored first, and stays for long enough to be
 * linked. `early`: as soon as its bytes are written, where who asks can wait for the rest later. Throws BLOB_NOT_FOUND,
 * and what restoring throws.
 */
export async function placeOf(
  blobs: Pick<ObjectStore, 'materialize' | 'materializeEarly'>,
  digest: Digest,
  early = false,
): Promise<BlobPlace> {
  const { path, verified } = early
    ? await blobs.materializeEarly(digest)
    : { path: await blobs.materialize(digest), verified: true }
  const found = await stat(path, { bigint: true })
  return { path, size: Number(found.size), device: String(found.dev), inode: String(found.ino), verified }
}

/** Sends a blob, or what is left of it from where an earlier answer broke off: `Range: bytes=<start>-`. */
export async function sendBlob(
  blobs: BlobStore,
  blob: { readonly digest: Digest; readonly size: number },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { digest, size } = blob
  reply.type('application/octet-stream').header('accept-ranges', 'bytes')
  const asked = /^bytes=(\d{1,15})-$/.exec(request.headers.range ?? '')?.[1]
  const start = asked === undefined ? undefined : Number(asked)
  if (start === undefined || start >= size) {
    return reply.header('content-length', size).send(await blobs.stream(digest))
  }
  return reply
    .status(206)
    .header('content-range', `bytes ${start}-${size - 1}/${size}`)
    .header('content-length', size - start)
    .send(await blobs.stream(digest, { start, end: size }))
}
