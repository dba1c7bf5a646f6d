import type { Readable } from 'node:stream'

export type AnswerHeaders = Record<string, string | number | readonly string[]>

/** One request and its answer, whatever carries them: HTTP/1.1 or a stream of HTTP/2. */
export interface Exchange {
  readonly method: string
  /** Path and query, as they came. */
  readonly url: string
  readonly remoteAddress: string
  /** Came over TLS. */
  readonly secure: boolean
  /** The request's body. */
  readonly source: Readable
  /** By lower-case name. */
  header(name: string): string | undefined
  /** A client that waits for it (`Expect: 100-continue`) is told that its body may come. */
  invite(): void
  /** False once it was answered, or the client went away. */
  readonly open: boolean
  /**
   * Answers, if it is open. `headers` becomes the transport's. A body that has not come whole by then is not waited
   * for: it ends the connection, or the stream.
   */
  send(status: number, headers: AnswerHeaders, body: Buffer | string): void
  /** After the answer was written, or when the client went away before. */
  onceClosed(closed: () => void): void
}

/** A client that takes nothing of its answer for this long has gone away, whatever TCP thinks. */
export const STALL_MS = 60_000
