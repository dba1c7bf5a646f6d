import { type Failures, failuresOf } from '../errors.ts'

export const fail: Failures = failuresOf('Parquet', 'Write it again with pyarrow.')

/** Some hundred bytes a column and row group: ten thousand columns in sixty row groups. */
export const MAX_FOOTER_BYTES: number = 64 * 2 ** 20
/** The structures of the format are 6 deep. */
export const MAX_THRIFT_DEPTH = 16
/** Of leaves; wide tables of features have some ten thousand. */
export const MAX_COLUMNS = 100_000
/** Lists in structs in lists; levels are held as bytes. */
export const MAX_SCHEMA_DEPTH = 64
/** Writers end a page at 1 MiB, or at 1,024 values however large: 256 KiB each, with that. */
export const MAX_PAGE_BYTES: number = 256 * 2 ** 20
/** A row group is a million rows by default, and one page has it all at most; lists have more values than rows. */
export const MAX_PAGE_VALUES: number = 2 ** 24
/** Kind, sizes and the statistics of two values. */
export const MAX_PAGE_HEADER_BYTES: number = 2 ** 20
/** Snappy reaches 22 : 1, LZ4 255 : 1. */
export const MAX_BLOCK_RATIO = 256
