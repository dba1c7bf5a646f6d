/** Told once for each request: undefined where it was answered well, else the kind of error. */
export type Done = (error: string | undefined) => void

/** A connection to what is measured. HTTP/1.1 takes one request at a time, HTTP/2 many. */
export interface Connection {
  /** Whether one more may be sent now. */
  readonly free: boolean
  /** It can't be used any more. */
  readonly broken: boolean
  send(request: number, done: Done): void
  /** Ends it; whoever waits is told `reason`. */
  close(reason: string): void
}

export interface Traffic {
  bytesIn: number
  bytesOut: number
}

/** A system error as a kind: few words, no addresses. */
export function kindOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return WORDS.get(error.code) ?? error.code
  }
  return 'connection lost'
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['ENOTFOUND', 'host not found'],
  ['EADDRNOTAVAIL', 'no free port here'],
  ['EMFILE', 'too many open files here'],
])
