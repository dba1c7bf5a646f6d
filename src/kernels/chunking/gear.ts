/** Steps of `target` by which cuts are rarer before it, and likelier behind. */
const NORMALISATION = 2n

/**
 * 256 random u64 for the gear hash: SplitMix64 (Steele et al., OOPSLA 2014) from a fixed seed. Other numbers would cut
 * elsewhere: what is stored already would no longer be found.
 */
export function gearTable(): BigUint64Array<ArrayBuffer> {
  let state = 0x62616c6c617374n
  return BigUint64Array.from({ length: 256 }, () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
    let mixed = state
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n)
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn)
    return mixed ^ (mixed >> 31n)
  })
}

/**
 * Bits that are zero in the hash where a cut may be, before `target` and behind. They are the highest ones: those
 * depend on most of the last 64 bytes.
 */
export function gearMasks(target: number): { readonly rare: bigint; readonly likely: bigint } {
  const bits = BigInt(Math.log2(target))
  return { rare: highest(bits + NORMALISATION), likely: highest(bits - NORMALISATION) }
}

function highest(bits: bigint): bigint {
  return ((1n << bits) - 1n) << (64n - bits)
}
