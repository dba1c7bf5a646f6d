/** Files in the folder of a task. Values as the engine serialises them: maps, typed arrays and NaN are kept. */
export const REQUEST_FILE = 'request'
export const REPLY_FILE = 'reply'

/** What a task came to, as it stands in the folder. */
export type Reply =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: WrittenError }

export interface WrittenError {
  /** Absent: a mistake of ours. */
  readonly code?: string
  readonly message: string
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}
