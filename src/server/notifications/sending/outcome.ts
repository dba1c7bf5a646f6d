/** What came of one try. */
export type Outcome =
  | { readonly kind: 'sent'; readonly status: number }
  | {
      readonly kind: 'failed'
      readonly status?: number
      readonly problem: string
      /** It would be so at every further try. */
      readonly final: boolean
      /** The other side asks to be left alone for so long. */
      readonly waitMs?: number
    }

/** No answer of another's is waited for longer: a channel that keeps a connection open keeps one of ours. */
export const TIMEOUT_MS = 15_000
