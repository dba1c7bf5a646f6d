/** Bytes of a table of 256 u32. */
const TABLE: usize = 1024

export function count(source: usize, length: i32, counts: usize, pairs: usize): void {
  if (pairs == 0) countSingles(source, length, counts)
  else countPairs(source, length, counts, pairs)
}

/**
 * Eight tables behind the result's place take turns, so that equal bytes one behind the other do not wait for each
 * other's sum.
 */
function countSingles(source: usize, length: i32, counts: usize): void {
  const tables = counts + TABLE
  memory.fill(tables, 0, 8 * TABLE)
  const end = source + <usize>length
  const whole = source + (<usize>length & ~7)
  for (; source < whole; source += 8) {
    const eight = load<u64>(source)
    one(tables, <u32>eight & 255)
    one(tables + TABLE, <u32>(eight >> 8) & 255)
    one(tables + 2 * TABLE, <u32>(eight >> 16) & 255)
    one(tables + 3 * TABLE, <u32>(eight >> 24) & 255)
    one(tables + 4 * TABLE, <u32>(eight >> 32) & 255)
    one(tables + 5 * TABLE, <u32>(eight >> 40) & 255)
    one(tables + 6 * TABLE, <u32>(eight >> 48) & 255)
    one(tables + 7 * TABLE, <u32>(eight >> 56))
  }
  for (; source < end; source++) one(tables, load<u8>(source))
  for (let i: usize = 0; i < TABLE; i += 16) {
    let sum = v128.load(tables + i)
    for (let table: usize = TABLE; table < 8 * TABLE; table += TABLE) {
      sum = i32x4.add(sum, v128.load(tables + table + i))
    }
    v128.store(counts + i, sum)
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function one(table: usize, byte: u32): void {
  const at = table + (<usize>byte << 2)
  store<u32>(at, load<u32>(at) + 1)
}

/** Two bytes at a time: half as many steps, and of so many counts a plane of few symbols touches some hundred. */
function countPairs(source: usize, length: i32, counts: usize, pairs: usize): void {
  memory.fill(pairs, 0, 4 << 16)
  const end = source + <usize>length
  const whole = source + (<usize>length & ~7)
  for (; source < whole; source += 8) {
    const eight = load<u64>(source)
    one(pairs, <u32>eight & 0xffff)
    one(pairs, <u32>(eight >> 16) & 0xffff)
    one(pairs, <u32>(eight >> 32) & 0xffff)
    one(pairs, <u32>(eight >> 48))
  }
  memory.fill(counts, 0, TABLE)
  for (let high: usize = 0; high < 256; high++) {
    const row = pairs + high * TABLE
    let sums = v128.load(row)
    v128.store(counts, i32x4.add(sums, v128.load(counts)))
    for (let i: usize = 16; i < TABLE; i += 16) {
      const four = v128.load(row + i)
      sums = i32x4.add(sums, four)
      v128.store(counts + i, i32x4.add(four, v128.load(counts + i)))
    }
    const sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3)
    store<u32>(counts + TABLE + (high << 2), sum)
  }
  for (let i: usize = 0; i < TABLE; i += 16) {
    v128.store(counts + i, i32x4.add(v128.load(counts + i), v128.load(counts + TABLE + i)))
  }
  for (; source < end; source++) one(counts, load<u8>(source))
}
