import type { Bytes } from '../core/index.ts'

/** Where what one tensor becomes is kept while it is made: in memory, and beyond a bound in a file. */
export interface Workspace {
  /** What may be held of one tensor at once. */
  readonly held: Bytes
  /** Tells, while a change is planned, what one tensor takes at once beyond that and its pieces. */
  need(bytes: Bytes, what: string): void
  /** A file of its own, gone when it is closed, and when the process ends. */
  open(): Promise<WorkFile>
}

export interface WorkFile {
  write(offset: Bytes, bytes: Uint8Array): Promise<void>
  /** Fills `target`. */
  read(offset: Bytes, target: Uint8Array): Promise<void>
  close(): Promise<void>
}
