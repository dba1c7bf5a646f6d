import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A client that sends nothing for this long is gone, or holds a place on purpose. */
const MAX_SILENCE_MS = 120_000

export type UploadEnd =
  | { readonly kind: 'complete' }
  /** The client went away or fell silent. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'too large'; readonly limit: number }
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Feeds a request's body, gunzipped where it says so, to a process, at the pace of the process. Counted after
 * unpacking, so a bomb is cut at the limit. An upload that ends early closes `stdin` in the middle: git then sees
 * the end of its input, fails, and removes its quarantine. (A `pipeline` would also destroy the request when git
 * stops reading first, and with it git's answer that says why.)
 */
export function feedUpload(request: IncomingMessage, stdin: Writable, limit: number): Promise<UploadEnd> {
  return new Promise(resolve => {
    const packed = /^(x-)?gzip$/i.test(request.headers['content-encoding'] ?? '')
    const body = packed ? request.pipe(createGunzip()) : request
    let received = 0
    let ended = false

    const end = (how: UploadEnd) => {
      if (ended) return
      ended = true
      clearTimeout(silence)
      if (how.kind === 'complete') stdin.end()
      else stdin.destroy()
      // Whatever still comes is read and dropped, so that the answer can be sent.
      body.removeListener('data', take)
      body.resume()
      request.unpipe()
      request.resume()
      resolve(how)
    }
    const take = (chunk: Buffer) => {
      silence.refresh()
      received += chunk.length
      if (received > limit) end({ kind: 'too large', limit })
      else if (!stdin.destroyed && stdin.writable && !stdin.write(chunk)) {
        body.pause()
        stdin.once('drain', () => body.resume())
      }
    }
    const silence = setTimeout(() => {
      // Waiting for git is not the client's silence.
      if (stdin.writableNeedDrain) silence.refresh()
      else end({ kind: 'abandoned' })
    }, MAX_SILENCE_MS)

    body.on('data', take)
    body.once('end', () => end({ kind: 'complete' }))
    if (body !== request) body.once('error', cause => end({ kind: 'unreadable', reason: cause.message }))
    request.once('error', () => end({ kind: 'abandoned' }))
    request.once('close', () => {
      if (!request.complete) end({ kind: 'abandoned' })
    })
    // git stopped reading: it has its answer ready, the rest of the body is dropped (and still counted).
    stdin.on('error', () => body.resume())
    stdin.once('close', () => body.resume())
  })
}
