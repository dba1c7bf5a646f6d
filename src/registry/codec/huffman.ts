import { MAX_CODE_BITS } from '../../kernels/index.ts'

/** Symbols are bytes. */
const SYMBOLS = 256

/** More than any sum of counts. */
const BEYOND = 2 ** 30

/** What is worked in, so that thousands of small planes do not make garbage. Nothing is kept in it between calls. */
const order = new Uint32Array(SYMBOLS)
const weight = new Uint32Array(2 * SYMBOLS)
const parent = new Uint32Array(2 * SYMBOLS)
const depth = new Uint32Array(2 * SYMBOLS)
/** Where counts of so many bits go next. */
const bySize = new Uint32Array(34)
/** Of each level of package-merge its items' weights, and how many of the items up to each are leaves. */
const level: readonly Uint32Array[] = Array.from(
  { length: MAX_CODE_BITS },
  () => new Uint32Array(2 * SYMBOLS),
)
const leavesTo: readonly Uint16Array[] = level.map(({ length }) => new Uint16Array(length))

/**
 * Fills in the code lengths, none longer than `limit` bits, that take the fewest bits for counts of which at least two
 * are not 0 and all together at most 2^24; symbols that do not occur get 0. Complete: the sum of 2^−length is 1. By Huffman's method,
 * and where that gives a longer one by package-merge (Larmore and Hirschberg, 1990). Gives the sum of their bits.
 */
export function codeLengths(counts: Uint32Array, limit: number, lengths: Uint8Array): number {
  const used = sortSymbols(counts)
  for (let i = 0; i < used; i++) weight[i] = counts[order[i]!]!
  treeDepths(used)
  if (depth[0]! > limit) limitDepths(used, limit)
  lengths.fill(0)
  let bits = 0
  for (let i = 0; i < used; i++) {
    lengths[order[i]!] = depth[i]!
    bits += depth[i]! * weight[i]!
  }
  return bits
}

/** Puts the symbols that occur in order, the rarest first, equal ones by value; gives how many. */
function sortSymbols(counts: Uint32Array): number {
  bySize.fill(0)
  for (let symbol = 0; symbol < SYMBOLS; symbol++) bySize[33 - Math.clz32(counts[symbol]!)]!++
  const none = bySize[1]!
  bySize[1] = 0
  for (let size = 2; size < 34; size++) bySize[size]! += bySize[size - 1]!
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const size = 32 - Math.clz32(counts[symbol]!)
    if (size > 0) order[bySize[size]!++] = symbol
  }
  // Those of as many bits stand together: few places to go.
  const used = SYMBOLS - none
  for (let i = 1; i < used; i++) {
    const symbol = order[i]!
    const count = counts[symbol]!
    let place = i
    for (; place > 0 && counts[order[place - 1]!]! > count; place--) order[place] = order[place - 1]!
    order[place] = symbol
  }
  return used
}

/** How deep in Huffman's tree the first `leaves` lie, with weights in rising order. */
function treeDepths(leaves: number): void {
  const nodes = 2 * leaves - 1
  for (let made = leaves, leaf = 0, inner = leaves; made < nodes; made++) {
    let sum = 0
    for (let side = 0; side < 2; side++) {
      const takeLeaf = leaf < leaves && (inner >= made || weight[leaf]! <= weight[inner]!)
      const taken = takeLeaf ? leaf++ : inner++
      sum += weight[taken]!
      parent[taken] = made
    }
    weight[made] = sum
  }
  depth[nodes - 1] = 0
  for (let node = nodes - 2; node >= 0; node--) depth[node] = depth[parent[node]!]! + 1
}

/** The same with none below `limit`, which must be enough for them. */
function limitDepths(leaves: number, limit: number): void {
  let pairs = 0
  for (let at = 0; at < limit; at++) {
    mergeLevel(level[at - 1], pairs, leaves, level[at]!, leavesTo[at]!)
    pairs = (leaves + pairs) >> 1
  }
  // Each level that takes a leaf puts it one deeper, and takes all that are rarer too.
  depth.fill(0, 0, leaves)
  for (let at = limit - 1, taken = 2 * leaves - 2; at >= 0 && taken > 0; at--) {
    const chosen = leavesTo[at]![taken - 1]!
    if (chosen > 0) depth[chosen - 1]!++
    taken = 2 * (taken - chosen)
  }
  for (let leaf = leaves - 2; leaf >= 0; leaf--) depth[leaf]! += depth[leaf + 1]!
}

/** Leaves, and pairs of the items below, in rising order of weight. */
function mergeLevel(
  below: Uint32Array | undefined,
  pairs: number,
  leaves: number,
  items: Uint32Array,
  leafs: Uint16Array,
): void {
  let [leaf, pair] = [0, 0]
  let sum = below && pairs > 0 ? below[0]! + below[1]! : BEYOND
  for (let i = 0; i < leaves + pairs; i++) {
    const own = leaf < leaves ? weight[leaf]! : BEYOND
    if (own <= sum) {
      items[i] = own
      leaf++
    } else {
      items[i] = sum
      pair++
      sum = below && pair < pairs ? below[2 * pair]! + below[2 * pair + 1]! : BEYOND
    }
    leafs[i] = leaf
  }
}

/**
 * Canonical codes, in the order of length, then symbol, as `CodecLoops.encode` takes them: two u32 for each
 * symbol.
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
    codes[2 * symbol] = length
    codes[2 * symbol + 1] = length === 0 ? 0 : reversed(next[length]!++)
  }
}

/** 32 bits in reverse: of a code, its first bit lowest and all at the top. */
function reversed(code: number): number {
  let bits = code
  bits = ((bits & 0x5555_5555) << 1) | ((bits >>> 1) & 0x5555_5555)
  bits = ((bits & 0x3333_3333) << 2) | ((bits >>> 2) & 0x3333_3333)
  bits = ((bits & 0x0f0f_0f0f) << 4) | ((bits >>> 4) & 0x0f0f_0f0f)
  bits = ((bits & 0x00ff_00ff) << 8) | ((bits >>> 8) & 0x00ff_00ff)
  return (bits << 16) | (bits >>> 16)
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
