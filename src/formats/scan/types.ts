import type { ByteSource } from '../../core/index.ts'
import type { Rule } from './rules.ts'

/** What a scan concludes. `unknown` is not safe: something was found that no rule vouches for. */
export type ScanVerdict = 'safe' | 'unsafe' | 'unknown'

/** Where in a file something was found; what applies is there. */
export interface FindingPlace {
  /** Path in the scanned folder; entries of archives behind `!`: `model.pt!archive/data.pkl`. */
  readonly file: string
  /** In bytes, within that file or entry. */
  readonly offset?: number
  readonly tensor?: string
  readonly layer?: string
  readonly node?: string
  /** The last opcodes before a pickle's finding, each with its offset. */
  readonly trace?: readonly string[]
}

export interface ScanFinding {
  readonly rule: Rule
  /** `unsafe` and `unknown` decide the verdict; a `note` is for people. */
  readonly level: 'unsafe' | 'unknown' | 'note'
  /** What was found, with its name: `os.system is called with 'id'`. Never a secret's value. */
  readonly what: string
  readonly at: FindingPlace
}

/** Takes what the scan of one format finds. */
export interface ScanSink {
  /** Of the file or entry that is being scanned. */
  readonly file: string
  add(finding: Omit<ScanFinding, 'at'> & { readonly at?: Omit<FindingPlace, 'file'> }): void
  /**
   * Content within content (an entry of an archive, a byte string of a pickle): scanned as a file of its own, down
   * to a limited depth and an overall budget. `name` says where: `archive/data.pkl`, `bytes at 120`.
   */
  descend(source: ByteSource, name: string, at?: Omit<FindingPlace, 'file'>): Promise<void>
  /** Text that people or templates wrote: searched for secrets and templates. */
  text(key: string, value: string, at?: Omit<FindingPlace, 'file'>): void
}
