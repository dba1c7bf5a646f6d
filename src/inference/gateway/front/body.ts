import type { IncomingMessage } from 'node:http'
import { InferenceError } from '../../errors.ts'

export interface Body {
  readonly chunks: readonly Buffer[]
  readonly bytes: number
}

/** Bodies that a gateway holds at once, over all requests: past here it refuses rather than die. */
export const MAX_HELD_BYTES: number = 512 * 2 ** 20

/** Gathers bodies as they come, in pieces, up to a limit for each and one for all. */
export class Bodies {
  readonly #maxBytes: number
  #held = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Calls `done` once: with the body, or with why there is none. The caller `release`s it. */
  collect(request: IncomingMessage, done: (body: Body | InferenceError) => void): void {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > this.#maxBytes) {
      done(this.#tooLarge(declared))
      return
    }
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (error: InferenceError): void => {
      // The rest of the body is dropped, and the connection ends with the answer.
      for (const event of ['data', 'end', 'close']) request.removeAllListeners(event)
      this.release(bytes)
      done(error)
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      this.#held += chunk.length
      chunks.push(chunk)
      if (bytes > this.#maxBytes) stop(this.#tooLarge(bytes))
      else if (this.#held > MAX_HELD_BYTES) stop(this.#full())
    })
    request.once('end', () => done({ chunks, bytes }))
    request.once('close', () => {
      if (!request.complete) stop(canceled())
    })
    // What follows is told by 'close'.
    request.on('error', () => {})
  }

  release(bytes: number): void {
    this.#held -= bytes
  }

  #tooLarge(bytes: number): InferenceError {
    return new InferenceError('BODY_TOO_LARGE', {
      message: `The body has ${bytes} bytes or more; the limit is ${this.#maxBytes}`,
      hint: 'Send fewer examples at once.',
    })
  }

  #full(): InferenceError {
    return new InferenceError('QUEUE_FULL', {
      message: `This gateway holds ${MAX_HELD_BYTES} bytes of requests already`,
      hint: 'Try again in a second.',
    })
  }
}

function canceled(): InferenceError {
  return new InferenceError('REQUEST_CANCELED', {
    message: 'The client went away before its request was complete',
    hint: 'Nothing was predicted.',
  })
}
