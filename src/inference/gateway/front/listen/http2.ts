import {
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { Socket } from 'node:net'
import { type AnswerHeaders, type Exchange, STALL_MS } from '../exchange.ts'
import { Http2Side } from '../http2-side.ts'

/** Predictions of one connection at once; more wait at the client. */
const MAX_STREAMS = 256
/** What one stream may send before it was read: a tensor of 600 KB must not wait for round trips. */
const STREAM_WINDOW_BYTES = 2 ** 20
/** The same for all streams of a connection together. */
const SESSION_WINDOW_BYTES = 8 * 2 ** 20
/** Fewer, larger frames; small enough that a large body lets others through between them. */
const FRAME_BYTES = 2 ** 17
const MAX_HEADER_BYTES = 16_384
const MAX_HEADER_PAIRS = 200
/** MB of queued answers and state of one connection; past it new streams are refused. */
const MAX_SESSION_MEMORY_MB = 64
/** Streams that a client may end early (rapid reset: CVE-2023-44487): at once, and then each second. */
const RESET_BURST = 2000
const RESETS_PER_SECOND = 200
/** Frames that cost us an answer and the client nothing: a connection that sends more within the window is ended. */
const MAX_CONTROL_FRAMES = 1000
const CONTROL_WINDOW_MS = 10_000
/** A connection without a stream for so long is let go, gracefully. */
const IDLE_MS = 300_000
/** Time for the notice of closing to reach a client, where it does not answer. */
const NOTICE_MS = 250

const OPTIONS: ServerOptions & { streamResetBurst: number; streamResetRate: number } = {
  maxSessionMemory: MAX_SESSION_MEMORY_MB,
  maxHeaderListPairs: MAX_HEADER_PAIRS,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  streamResetBurst: RESET_BURST,
  streamResetRate: RESETS_PER_SECOND,
  settings: {
    maxConcurrentStreams: MAX_STREAMS,
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxFrameSize: FRAME_BYTES,
    maxHeaderListSize: MAX_HEADER_BYTES,
    enablePush: false,
  },
}

/** Connections of HTTP/2. They are given to it; it listens nowhere itself. */
export class Http2Sessions {
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()

  constructor(onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void) {
    this.#server = createServer(OPTIONS)
    this.#server.on('session', session => this.#keep(session))
    this.#server.on('stream', (stream, headers) => {
      // What follows is told by 'close'.
      stream.on('error', () => {})
      onStream(stream, headers)
    })
  }

  take(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /**
   * No new streams; those under way finish. A first notice (RFC 9113, 6.8) tells the client while requests that are
   * still on the line are taken; the connection closes when it has answered a ping.
   */
  drain(): void {
    for (const session of this.#sessions) {
      if (session.closed || session.destroyed) continue
      session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1)
      const limit = setTimeout(() => close(session), NOTICE_MS)
      session.ping(() => {
        clearTimeout(limit)
        close(session)
      })
    }
  }

  #keep(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    session.setTimeout(IDLE_MS, () => close(session))
    const limit = controlLimit(session)
    session.on('ping', limit)
    session.on('remoteSettings', limit)
  }
}

/** Ends a session that is flooded with pings or settings. */
function controlLimit(session: ServerHttp2Session): () => void {
  let frames = 0
  let since = performance.now()
  return () => {
    if (++frames <= MAX_CONTROL_FRAMES) return
    const now = performance.now()
    if (now - since < CONTROL_WINDOW_MS) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    frames = 0
    since = now
  }
}

function close(session: Http2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}

export class Http2Exchange extends Http2Side implements Exchange {
  get method(): string {
    return this.headers[':method'] ?? ''
  }

  get url(): string {
    return this.headers[':path'] ?? ''
  }

  invite(): void {
    if (this.headers.expect === '100-continue' && this.open) {
      this.stream.additionalHeaders({ ':status': 100 })
    }
  }

  get open(): boolean {
    const { destroyed, closed, headersSent } = this.stream
    return !destroyed && !closed && !headersSent
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (!this.open) return
    const stream = this.stream
    headers['content-length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const endStream = body.length === 0 || this.headers[':method'] === 'HEAD'
    stream.respond({ ':status': status, ...headers }, { endStream })
    // What the client still sends is not wanted any more.
    const stop = (): void => {
      if (!stream.endAfterHeaders && !stream.readableEnded && !stream.closed)
        stream.close(constants.NGHTTP2_NO_ERROR)
    }
    if (endStream) stop()
    else stream.end(body, stop)
    if (stream.writableLength > 0) stream.setTimeout(STALL_MS, () => stream.close(constants.NGHTTP2_CANCEL))
  }

  onceClosed(closed: () => void): void {
    this.stream.once('close', closed)
  }
}
