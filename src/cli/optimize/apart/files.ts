import type { Bytes } from '../../../core/index.ts'

/** Files in the folder of a task. Values as the engine serialises them: maps, typed arrays and NaN are kept. */
export const REQUEST_FILE = 'request'
export const REPLY_FILE = 'reply'

/** The line that says that a reply is there; all others are progress. */
export const DONE = '\u0004'

export interface Request {
  readonly asks: unknown
  /** What the process may take. Absent: what it takes. */
  readonly memory?: Bytes
}

/** What a task came to, as it stands in the folder. */
export type Reply = {
  /** The most that the process held. */
  readonly peak: Bytes
} & (
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: WrittenError }
)

export interface WrittenError {
  /** Absent: a mistake of ours. */
  readonly code?: string
  readonly message: string
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}
