import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_TREE_DEPTH } from '../limits.ts'

/** Bytes of a node besides its records and pointers: signature, version, type, checksum. */
const NODE_OVERHEAD = 10

interface Level {
  /** Records that a node of this level holds at most. */
  readonly most: number
  /** Bytes of a child's count of records, and of all records below it. */
  readonly countBytes: number
  readonly totalBytes: number
}

interface Header {
  readonly type: number
  readonly nodeBytes: number
  readonly recordBytes: number
  readonly depth: number
  readonly root?: number
  readonly rootRecords: number
}

interface Node {
  readonly address: number
  readonly records: number
  readonly level: number
}

/**
 * The records of a version 2 B-tree (III.A.2): calls `visit` with each. Order is that of nodes, not of keys.
 * Every node's checksum is verified; each is visited once.
 */
export async function walkTree2(
  storage: Storage,
  address: number,
  types: readonly number[],
  visit: (record: Cursor, type: number) => Promise<void> | void,
): Promise<void> {
  const header = await readTreeHeader(storage, address, types)
  if (header.root === undefined || header.rootRecords === 0) return
  const levels = levelsOf(header, storage)
  const seen = new Set<number>()
  const pending: Node[] = [{ address: header.root, records: header.rootRecords, level: header.depth }]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (seen.has(node.address))
      throw fail.malformed(storage.place(node.address), 'a B-tree node occurs twice')
    seen.add(node.address)
    const { records, children } = await readNode(storage, header, levels, node)
    pending.push(...children.toReversed())
    for (let i = 0; i < node.records; i++) {
      const waiting = visit(records.part(header.recordBytes), header.type)
      if (waiting) await waiting
    }
  }
}

async function readTreeHeader(storage: Storage, address: number, types: readonly number[]): Promise<Header> {
  const { widths } = storage
  const cursor = await storage.structure(
    address,
    16 + widths.address + 2 + widths.length + 4,
    'a B-tree header',
  )
  cursor.signature('BTHD')
  cursor.version(0)
  const type = cursor.u8()
  if (!types.includes(type))
    throw cursor.malformed(`a B-tree has the type ${type} instead of ${types.join(' or ')}`)
  const [nodeBytes, recordBytes, depth] = [cursor.u32(), cursor.u16(), cursor.u16()]
  cursor.skip(2)
  const root = cursor.address()
  const rootRecords = cursor.u16()
  cursor.length()
  cursor.checksum()
  if (recordBytes === 0 || nodeBytes < NODE_OVERHEAD + recordBytes || depth > MAX_TREE_DEPTH)
    throw cursor.malformed(
      `a B-tree of depth ${depth} has records of ${recordBytes} bytes in nodes of ${nodeBytes}`,
    )
  return { type, nodeBytes, recordBytes, depth, rootRecords, ...(root !== undefined && { root }) }
}

/** How large the counts of a level's pointers are follows from how much fits below it. */
function levelsOf({ nodeBytes, recordBytes, depth }: Header, storage: Storage): readonly Level[] {
  const leaf = Math.floor((nodeBytes - NODE_OVERHEAD) / recordBytes)
  const countBytes = bytesFor(leaf)
  const levels: Level[] = [{ most: leaf, countBytes, totalBytes: 0 }]
  let total = leaf
  for (let level = 1; level <= depth; level++) {
    const pointer = storage.widths.address + countBytes + levels[level - 1]!.totalBytes
    const most = Math.floor((nodeBytes - NODE_OVERHEAD - pointer) / (recordBytes + pointer))
    total = Math.min((most + 1) * total + most, Number.MAX_SAFE_INTEGER)
    levels.push({ most, countBytes, totalBytes: bytesFor(total) })
  }
  return levels
}

/** Bytes that a number up to `most` takes. */
const bytesFor = (most: number): number => Math.floor(Math.log2(Math.max(most, 1)) / 8) + 1

async function readNode(
  storage: Storage,
  { type, recordBytes }: Header,
  levels: readonly Level[],
  node: Node,
): Promise<{ records: Cursor; children: readonly Node[] }> {
  const level = levels[node.level]!
  if (node.records > level.most || (node.records === 0 && node.level > 0))
    throw fail.malformed(
      storage.place(node.address),
      `a B-tree node has ${node.records} of ${level.most} records`,
    )
  const below = node.level > 1 ? levels[node.level - 1]!.totalBytes : 0
  const pointer = node.level > 0 ? storage.widths.address + level.countBytes + below : 0
  const length = NODE_OVERHEAD + node.records * recordBytes + (node.records + 1) * pointer
  const cursor = await storage.structure(node.address, length, 'a B-tree node')
  cursor.signature(node.level > 0 ? 'BTIN' : 'BTLF')
  cursor.version(0)
  if (cursor.u8() !== type) throw cursor.malformed('a B-tree node is of another type than its tree')
  const records = cursor.part(node.records * recordBytes, 'a B-tree record')
  const children: Node[] = []
  for (let i = 0; node.level > 0 && i <= node.records; i++) {
    const address = cursor.given('a child')
    children.push({ address, records: cursor.uint(level.countBytes), level: node.level - 1 })
    cursor.skip(below)
  }
  cursor.checksum()
  return { records, children }
}
