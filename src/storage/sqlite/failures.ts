import { type BallastError, CoreError, messageOf } from '../../core/index.ts'
import { StorageError } from '../errors.ts'

/** Primary result codes of SQLite (https://sqlite.org/rescode.html): the low byte of the extended code. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const CONSTRAINT = 19
const NOTADB = 26

/** What SQLite's refusal means, as an error of ours; undefined for a mistake in our own SQL. */
export function sqliteFailure(cause: unknown): BallastError | undefined {
  if (typeof cause !== 'object' || cause === null || !('errcode' in cause)) return undefined
  if (typeof cause.errcode !== 'number') return undefined
  const message = messageOf(cause)
  switch (cause.errcode & 0xff) {
    case BUSY:
    case LOCKED:
      return new StorageError('DATABASE_BUSY', {
        message: `The database is locked by another process (${message})`,
        hint: 'Try again; if it stays, look for a second server on the same data folder, or a backup that hangs.',
        cause,
      })
    case FULL:
      return new CoreError('DISK_FULL', {
        message: 'No space left for the database',
        hint: 'Free some space on its disk and try again; nothing was half-written.',
        cause,
      })
    case CORRUPT:
    case NOTADB:
      return new StorageError('DATABASE_CORRUPT', {
        message: `The database is damaged (${message})`,
        hint: 'Stop the server and restore the data folder from a backup.',
        cause,
      })
    case READONLY:
    case IOERR:
    case CANTOPEN:
      return new StorageError('DATABASE_UNUSABLE', {
        message: `The database can't be opened or written (${message})`,
        hint: 'Check that its folder exists, belongs to this user, and that its disk is in order.',
        cause,
      })
    case CONSTRAINT:
      return new StorageError('CONSTRAINT_VIOLATED', {
        message: `The database refused a row (${message})`,
        hint: 'Something that it refers to was removed in the meantime, or it is there already.',
        cause,
      })
    default:
      return undefined
  }
}
