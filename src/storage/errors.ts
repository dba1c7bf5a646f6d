import { BallastError } from '../core/index.ts'

export type StorageErrorCode =
  /** The database was written by a newer release, whose tables this one does not know. */
  | 'SCHEMA_TOO_NEW'
  /** The file is a database, but not one of Ballast. */
  | 'DATABASE_FOREIGN'
  /** The file is damaged, or no database at all. */
  | 'DATABASE_CORRUPT'
  /** Another process held the database for longer than we wait. */
  | 'DATABASE_BUSY'
  /** The folder or file can't be opened or written. */
  | 'DATABASE_UNUSABLE'
  /** A row that can't be what Ballast wrote: the message names its table and id. */
  | 'ROW_CORRUPT'
  /** A row refers to one that is not there, or repeats one that is. */
  | 'CONSTRAINT_VIOLATED'

export class StorageError extends BallastError<StorageErrorCode> {}
