/** The kernels' memory, at fixed places: the TypeScript side (../layout.ts) has the same numbers. */

/** Results of the statistics: one f64 each, in the order of ../layout.ts. */
export const STATE: usize = 1024
/** Two tables of 65,536 u32 counts. */
export const BUCKETS: usize = 0x1_0000
export const BUCKET_BYTES: usize = 0x4_0000
/** float32 values to be counted: 1 MiB, and room for a last vector. */
export const VALUES: usize = 0x10_0000
/** Stored bytes to be decoded. */
export const STORED: usize = 0x21_0000
