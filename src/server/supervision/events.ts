/** What a supervisor tells while it works, for people. */
export type SupervisionEvent =
  | { readonly kind: 'starting' | 'ready' | 'stopped'; readonly role: string; readonly pid: number }
  | { readonly kind: 'adopted'; readonly role: string; readonly pid: number }
  /** It runs another version or other arguments: it is stopped well and started anew. */
  | { readonly kind: 'replaced'; readonly role: string; readonly pid: number; readonly why: string }
  | {
      readonly kind: 'died'
      readonly role: string
      /** How many times in a row. */
      readonly failures: number
      readonly restartsInMs: number
      /** The end of what it wrote. */
      readonly lastLines: readonly string[]
      readonly log: string
    }
  | { readonly kind: 'killed'; readonly role: string; readonly pid: number; readonly afterMs: number }
