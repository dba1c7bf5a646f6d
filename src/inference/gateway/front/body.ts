import type { Readable } from 'node:stream'
import { InferenceError } from '../../errors.ts'

export interface Body {
  readonly chunks: readonly Buffer[]
  readonly bytes: number
}

/** Where a body comes from. */
export interface BodySource {
  readonly source: Readable
  header(name: string): string | undefined
  invite(): void
}

/** Requests and untaken answers that a gateway holds at once: past here it refuses rather than die. */
export const MAX_HELD_BYTES: number = 512 * 2 ** 20
/** What a request without a body costs: its headers, its trace, its place in maps. */
const REQUEST_BYTES = 4096
/** Answers up to here are not counted: a socket's own buffers take them. */
const SMALL_ANSWER_BYTES = 65_536
/** A body that brings less than this within the window only holds a place (as Apache's MinRate: 500 bytes a second). */
const LEAST_BYTES = 5000
const WINDOW_MS = 10_000

/** A body under way. */
export interface Gathering {
  bytes: number
  /** Bytes at the last look; -1 before the first. */
  looked: number
  readonly tooSlow: (error: InferenceError) => void
}

/** Gathers bodies as they come, in pieces, up to a limit for each and one for all. */
export class Bodies {
  readonly maxBytes: number
  readonly #under = new Set<Gathering>()
  #held = 0
  #watch: NodeJS.Timeout | undefined

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Calls `done` once: with the body, or with why there is none. The caller `release`s it. */
  collect(from: BodySource, done: (body: Body | InferenceError) => void): void {
    const declared = Number(from.header('content-length') ?? 0)
    if (declared > this.maxBytes) {
      done(this.tooLarge(declared))
      return
    }
    if (!this.hold(0)) {
      done(this.full())
      return
    }
    this.#gather(from.source, done)
    from.invite()
  }

  /** Takes note of more bytes. False, and nothing noted, where that is too much for all. */
  hold(bytes: number): boolean {
    if (this.#held + bytes + REQUEST_BYTES > MAX_HELD_BYTES) return false
    this.#held += bytes + REQUEST_BYTES
    return true
  }

  release(bytes: number): void {
    this.#held -= bytes + REQUEST_BYTES
  }

  /**
   * Bytes of an answer that its client has not taken. They are there already, so they count past the bound too: then
   * no new requests are taken.
   */
  untaken(bytes: number): void {
    this.#held += bytes
  }

  taken(bytes: number): void {
    this.#held -= bytes
  }

  /** A large answer counts until its client took it. */
  holdUntaken(bytes: number, to: { onceClosed(closed: () => void): void }): void {
    if (bytes <= SMALL_ANSWER_BYTES) return
    this.untaken(bytes)
    to.onceClosed(() => this.taken(bytes))
  }

  /** Of requests and answers, now. */
  get held(): number {
    return this.#held
  }

  /** Until it is let go: a body that stops coming is told so. */
  watch(gathering: Gathering): void {
    this.#under.add(gathering)
    this.#watch ??= setInterval(() => this.look(), WINDOW_MS).unref()
  }

  unwatch(gathering: Gathering): void {
    this.#under.delete(gathering)
  }

  /** Once each window. */
  look(): void {
    for (const gathering of this.#under) {
      if (gathering.looked >= 0 && gathering.bytes - gathering.looked < LEAST_BYTES) {
        gathering.tooSlow(tooSlow(gathering.bytes))
      } else gathering.looked = gathering.bytes
    }
  }

  close(): void {
    clearInterval(this.#watch)
  }

  #gather(source: Readable, done: (body: Body | InferenceError) => void): void {
    const chunks: Buffer[] = []
    const gathering: Gathering = { bytes: 0, looked: -1, tooSlow: error => stop(error) }
    const leave = (): void => {
      this.unwatch(gathering)
      source.off('data', take).off('end', end).off('close', gone)
    }
    const stop = (error: InferenceError): void => {
      leave()
      this.release(gathering.bytes)
      done(error)
    }
    const take = (chunk: Buffer): void => {
      gathering.bytes += chunk.length
      this.#held += chunk.length
      chunks.push(chunk)
      if (gathering.bytes > this.maxBytes) stop(this.tooLarge(gathering.bytes))
      else if (this.#held > MAX_HELD_BYTES) stop(this.full())
    }
    const end = (): void => {
      leave()
      done({ chunks, bytes: gathering.bytes })
    }
    const gone = (): void => stop(canceled())
    this.watch(gathering)
    // An error is told by 'close'.
    source.on('error', ignore).on('data', take).on('end', end).on('close', gone)
  }

  tooLarge(bytes: number): InferenceError {
    return new InferenceError('BODY_TOO_LARGE', {
      message: `The body has ${bytes} bytes or more; the limit is ${this.maxBytes}`,
      hint: 'Send fewer examples at once.',
    })
  }

  full(): InferenceError {
    return new InferenceError('QUEUE_FULL', {
      message: `This gateway holds ${MAX_HELD_BYTES} bytes of requests already`,
      hint: 'Try again in a second.',
    })
  }
}

function ignore(): void {}

function tooSlow(bytes: number): InferenceError {
  return new InferenceError('REQUEST_TIMEOUT', {
    message: `The body stopped at ${bytes} bytes: less than ${LEAST_BYTES} came within ${WINDOW_MS / 1000} s`,
    hint: 'Send the request again over a line that is not as slow.',
  })
}

function canceled(): InferenceError {
  return new InferenceError('REQUEST_CANCELED', {
    message: 'The client went away before its request was complete',
    hint: 'Nothing was predicted.',
  })
}
