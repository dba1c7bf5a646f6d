/** Bytes of a table of 256 u32. */
const TABLE: usize = 1024

/**
 * Eight tables behind the result's place take turns, so that equal bytes one behind the other do not wait for each
 * other's sum.
 */
export function count(source: usize, length: i32, counts: usize): void {
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
