export { DiskBlobStore } from './disk/blob-store.ts'
export * from './errors.ts'
export { openSqlite, type SqliteOptions } from './sqlite/open.ts'
export type * from './types.ts'
