/** The kernels' memory, at fixed places: the TypeScript side (../layout.ts) has the same numbers. */

/** Results of the statistics: one f64 each, in the order of ../layout.ts. */
export const STATE: usize = 1024
/** Integers of one block as f64. */
export const DOUBLES: usize = 0x4000
/** Two tables of 65,536 u32 counts. */
export const BUCKETS: usize = 0x1_0000
export const BUCKET_BYTES: usize = 0x4_0000
/** Numbers of a block of sums that is not full yet. */
export const REST: usize = 0x9_0000
