/** The gear hash: cuts of content-defined chunks. */

/** 256 u64, as in ../chunking/wasm.ts. */
const TABLE: usize = 1024

let hash: u64 = 0

export function reset(): void {
  hash = 0
}

/**
 * The first place in [at, end) behind which the hash of the bytes since `reset` has no bit of `mask`; 0 where there
 * is none.
 */
export function cut(at: usize, end: usize, mask: u64): usize {
  let sum = hash
  for (; at < end; at++) {
    sum = (sum << 1) + load<u64>(TABLE + ((<usize>load<u8>(at)) << 3))
    if ((sum & mask) == 0) return at + 1
  }
  hash = sum
  return 0
}
