import type { PackedSource } from '../pack/open.ts'
import type { StoredObject } from './types.ts'

/** Gives the bytes of packed objects again. Every byte was compared with its chunk's digest. */
export interface PackedReader {
  /** Throws PACK_NOT_FOUND, PACK_CORRUPT: then, or when what is damaged is read. */
  open(object: StoredObject): Promise<PackedSource>
  /**
   * Writes the whole object into the file at `path`, in parallel, and compares its digest. `onWritten`: told before it
   * is compared, which then takes all the time that hashing does.
   */
  restore(object: StoredObject, path: string, onWritten?: () => Promise<void>): Promise<void>
}
