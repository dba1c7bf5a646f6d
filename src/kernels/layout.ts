/** Where the kernels keep what, as in assembly/memory.ts. */
export const STATE = 1024
export const BUCKETS_AT = 0x1_0000
export const VALUES_AT = 0x10_0000
export const STORED_AT = 0x21_0000

/** float32 values, or stored numbers of at most 16 bits, that one call of a kernel takes. */
export const CAPACITY: number = 256 * 1024

/** Elements whose sums are taken together before they are merged; CAPACITY is a multiple. */
export const BLOCK = 1024

/** One bucket for each value of a float32's upper 16 bits. */
export const BUCKETS = 65_536
