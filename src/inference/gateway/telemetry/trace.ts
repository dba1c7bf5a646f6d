import type { Milliseconds } from '../../../core/index.ts'

/** What is known of a request when it comes. */
export interface RequestStart {
  readonly method: string
  readonly path: string
  readonly remoteAddress: string
  /** Came over TLS. */
  readonly secure?: boolean | undefined
  /** By lower-case name. */
  header(name: string): string | undefined
}

export interface ExemplarTaker {
  /** `at`: epoch milliseconds. */
  exemplar(microseconds: number, traceId: string, at: number): void
}

/** How a request ended. */
export interface RequestEnd {
  /** HTTP's; of a gRPC call the status that HTTP would have had. */
  readonly status: number
  readonly model?: string | undefined
  readonly environment?: string | undefined
  readonly version?: number | undefined
  readonly arm?: string | undefined
  /** The replica that answered last. */
  readonly replica?: string | undefined
  /** How often it was sent to a replica. */
  readonly sends?: number | undefined
  /** Code of the error that was told. */
  readonly code?: string | undefined
  /** Id or name of the token that asked, never its secret. */
  readonly token?: string | undefined
  /** Around the replica's call. */
  readonly upstreamMs?: Milliseconds | undefined
  /** Where its latency was counted: takes the exemplar. */
  readonly series?: ExemplarTaker | undefined
  /** Header block of the replica's answer: the parts of its time, `queue-us` and `compute-us`, where it tells them. */
  readonly answerHeaders?: string | undefined
  readonly bytesIn?: number | undefined
  readonly bytesOut?: number | undefined
}

/** Follows one request: its access log line, its spans, its exemplar. */
export interface RequestTrace {
  /** Returned to the caller as `Ballast-Request-Id`: the caller's own `X-Request-Id` where it is sane, else a new one. */
  readonly requestId: string
  /** Header lines for the replica (`traceparent: …\n`); empty where the request is not sampled. */
  readonly frameHeaders: string
  /** The caller's, or one that began here. */
  readonly traceId?: string | undefined
  /** Called once. */
  end(end: RequestEnd): void
}

export interface Telemetry {
  begin(start: RequestStart): RequestTrace
  close(): Promise<void>
}
