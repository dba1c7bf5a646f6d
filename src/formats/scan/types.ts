import type { ByteSource } from '../../core/index.ts'
import type { Rule } from './rules.ts'

/** What a scan concludes. `unknown` is not safe: something was found that no rule vouches for. */
export type ScanVerdict = 'safe' | 'unsafe' | 'unknown'

export type Level = 'unsafe' | 'unknown' | 'note'

/** Where in a file something was found; what applies is there. */
export interface FindingPlace {
  /** Path in the scanned folder; entries of archives behind `!`: `model.pt!archive/data.pkl`. */
  readonly file: string
  /** In bytes, within that file or entry. */
  readonly offset?: number
  readonly tensor?: string
  readonly layer?: string
  readonly node?: string
  /** A key of metadata or of a configuration. */
  readonly key?: string
  /** In a text, from 1. */
  readonly line?: number
  /** The last opcodes before a pickle's finding, each with its offset. */
  readonly trace?: readonly string[]
}

export interface ScanFinding {
  readonly rule: Rule
  /** `unsafe` and `unknown` decide the verdict; a `note` is for people. */
  readonly level: Level
  /** What was found, with its name: `os.system is called with 'id'`. Never a secret's value. */
  readonly what: string
  readonly at: FindingPlace
}

/** One file of the scanned folder. Entries of archives count to their archive. */
export interface ScannedFile {
  readonly path: string
  readonly size: number
  /** What loaders may take it for, the likeliest first: `pytorch`, `pickle`, `zip`, `text` … Empty: nothing known. */
  readonly formats: readonly string[]
  readonly verdict: ScanVerdict
  /** Why the file could not be read as what it is; it counts neither as safe nor as unsafe. */
  readonly unreadable?: string
  /** `sha256:…` of all its bytes, where it was asked for. */
  readonly digest?: string
}

/** What a scan found. Plain JSON. */
export interface ScanReport {
  /** Of the rules: a report of other rules may say something else about the same files. */
  readonly rules: string
  readonly name: string
  /** unsafe before unknown before safe; a file that could not be read makes `unknown` of `safe`. */
  readonly verdict: ScanVerdict
  readonly files: readonly ScannedFile[]
  readonly findings: readonly ScanFinding[]
  readonly counts: Readonly<Record<'files' | 'unreadable' | Level, number>>
  /** Findings that are left out, as there are more than MAX_FINDINGS. */
  readonly omitted: number
}

export interface ScanOptions {
  /** Compute the digest of each file. */
  readonly digest?: boolean
  readonly signal?: AbortSignal
}

/** What loader the content is for, as far as its surroundings tell. */
export interface ScanContext {
  /** Of an archive with TorchScript code: its classes are those of the archive's own code. */
  readonly torchscript?: boolean
  /**
   * Content that merely might be something (a byte string, an array): what can't be read as anything is then no
   * finding, only what is dangerous is.
   */
  readonly speculative?: boolean
}

export type Place = Omit<FindingPlace, 'file'>

/** Takes what the scan of one format finds, for the file or entry that is being scanned. */
export interface ScanSink {
  /** Of the file or entry that is being scanned. */
  readonly file: string
  readonly context: ScanContext
  add(finding: Omit<ScanFinding, 'at'> & { readonly at?: Place }): void
  /**
   * Content within content (an entry of an archive, a byte string of a pickle): scanned as a file of its own, down
   * to a limited depth and an overall budget. `name` says where: `archive/data.pkl`, `bytes at 120`. The source stays
   * the caller's to close. Gives what the content is; empty for nothing known.
   */
  descend(source: ByteSource, name: string, context?: ScanContext): Promise<readonly string[]>
  /** Text that people or templates wrote: searched for secrets, and for templates where `key` names one. */
  text(key: string, value: string): void
  /** Another file, by its path in the folder, that belongs to this one: raw weights need no format of their own. */
  belongs(path: string): void
  /** The same, by its path from this file's own folder. */
  beside(path: string): void
  /** Notes that bytes were expanded or read whole. Throws ScanLimit over the budget. */
  spend(bytes: number): void
}
