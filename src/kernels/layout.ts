/** Where the kernels keep what, as in assembly/memory.ts. */
export const STATE = 1024
/** Elements of a block that is not full yet, stored, with room for two vectors behind. */
export const REST_AT = 0x9_0000
/** Stored elements that are counted next. */
export const ROOM_AT = 0xa_0000

/** Stored bytes that are counted at once: a piece of a tensor. */
export const ROOM_BYTES: number = 1024 * 1024

/** Elements whose sums are taken together before they are merged. */
export const BLOCK = 1024

/** One bucket for each value of a float32's upper 16 bits. */
export const BUCKETS = 65_536
