import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'

/** What a stream of HTTP/2 tells of its caller, whether a request or a call of gRPC is in it. */
export abstract class Http2Side {
  protected readonly stream: ServerHttp2Stream
  protected readonly headers: IncomingHttpHeaders

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream
    this.headers = headers
  }

  get remoteAddress(): string {
    return this.stream.session?.socket.remoteAddress ?? ''
  }

  get secure(): boolean {
    return this.stream.session?.encrypted === true
  }

  get source(): Readable {
    return this.stream
  }

  /** Of gRPC: metadata that is text. */
  header(name: string): string | undefined {
    const value = this.headers[name]
    return typeof value === 'string' ? value : undefined
  }
}
