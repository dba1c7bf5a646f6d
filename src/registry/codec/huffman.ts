import { MAX_CODE_BITS } from '../../kernels/index.ts'

/** Symbols are bytes. */
const SYMBOLS = 256

/**
 * Code lengths for counts of which at least two are not 0, none longer than `limit` bits; symbols that do not occur get
 * 0. Complete: the sum of 2^−length is 1. The method is Huffman's, with two queues; lengths beyond the limit are cut,
 * and others lengthened until the sum fits again, cheapest first.
 */
export function codeLengths(counts: Uint32Array, limit: number): Uint8Array {
  const order = byCount(counts)
  const used = order.length
  const depths = treeDepths(order.map(symbol => counts[symbol]!))
  const perLength = new Uint32Array(limit + 1)
  for (const depth of depths) perLength[Math.min(depth, limit)]!++
  shorten(perLength, limit)
  const lengths = new Uint8Array(SYMBOLS)
  // The rarest symbols come first, and take the longest codes.
  for (let length = limit, at = 0; length > 0 && at < used; length--) {
    for (let k = 0; k < perLength[length]!; k++) lengths[order[at++]!] = length
  }
  return lengths
}

/** Symbols that occur, the rarest first, equal ones by value. */
function byCount(counts: Uint32Array): Uint32Array {
  const keys = new Float64Array(SYMBOLS)
  let used = 0
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    if (counts[symbol]! > 0) keys[used++] = counts[symbol]! * SYMBOLS + symbol
  }
  return Uint32Array.from(keys.subarray(0, used).sort(), key => key % SYMBOLS)
}

/** How deep each leaf of Huffman's tree lies, for weights in rising order. */
function treeDepths(weights: Uint32Array): Uint32Array {
  const leaves = weights.length
  const nodes = 2 * leaves - 1
  const weight = new Float64Array(nodes)
  const parent = new Uint32Array(nodes)
  weight.set(weights)
  let [leaf, inner] = [0, leaves]
  for (let made = leaves; made < nodes; made++) {
    for (let side = 0; side < 2; side++) {
      const takeLeaf = leaf < leaves && (inner >= made || weight[leaf]! <= weight[inner]!)
      const taken = takeLeaf ? leaf++ : inner++
      weight[made]! += weight[taken]!
      parent[taken] = made
    }
  }
  const depth = new Uint32Array(nodes)
  for (let node = nodes - 2; node >= 0; node--) depth[node] = depth[parent[node]!]! + 1
  return depth.subarray(0, leaves)
}

/** Makes lengths that were cut at `limit` fit in a tree again: at most as many leaves as there is room for. */
function shorten(perLength: Uint32Array, limit: number): void {
  let over = -(2 ** limit)
  for (let length = 1; length <= limit; length++) over += perLength[length]! * 2 ** (limit - length)
  while (over > 0) {
    // One leaf of the longest goes beside a shorter one, which becomes two: one place less is taken.
    let length = limit - 1
    while (perLength[length] === 0) length--
    perLength[length]!--
    perLength[length + 1]! += 2
    perLength[limit]!--
    over--
  }
}

/**
 * Canonical codes, in the order of length, then symbol, as `CodecLoops.encode` takes them: the first bit lowest, and the
 * length from bit 16 on.
 */
export function assignCodes(lengths: Uint8Array, codes: Uint32Array): void {
  const next = new Uint32Array(MAX_CODE_BITS + 2)
  for (const length of lengths) if (length > 0) next[length + 1]!++
  let code = 0
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code = (code + next[length]!) * 2
    next[length] = code
  }
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const length = lengths[symbol]!
    codes[symbol] = length === 0 ? 0 : reversed(next[length]!++, length) | (length << 16)
  }
}

function reversed(code: number, length: number): number {
  let bits = 0
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i)
  return bits
}

/** Whether each string of bits has exactly one meaning: what decoding needs to stay within its tables. */
export function isComplete(lengths: Uint8Array): boolean {
  let sum = 0
  for (const length of lengths) {
    if (length > MAX_CODE_BITS) return false
    if (length > 0) sum += 2 ** (MAX_CODE_BITS - length)
  }
  return sum === 2 ** MAX_CODE_BITS
}
