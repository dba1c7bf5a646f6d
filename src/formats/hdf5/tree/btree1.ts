import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_TREE_DEPTH } from '../limits.ts'

/** What a version 1 B-tree is made of: its type, and what stands for a key. */
export interface Tree1 {
  readonly type: 0 | 1
  readonly keyBytes: number
}

/**
 * The leaf entries of a version 1 B-tree (III.A.1) in order: calls `visit` with each key and child address.
 * Each node is visited once, and levels fall by one from node to child: cycles are FORMAT_MALFORMED.
 */
export async function walkTree1(
  storage: Storage,
  root: number,
  { type, keyBytes }: Tree1,
  visit: (key: Cursor, child: number) => Promise<void> | void,
): Promise<void> {
  const seen = new Set<number>()
  const pending: { address: number; level?: number }[] = [{ address: root }]
  const entryBytes = keyBytes + storage.widths.address
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { address, level: expected } = next
    if (seen.has(address)) throw fail.malformed(storage.place(address), 'a B-tree node occurs twice')
    seen.add(address)
    const head = await storage.structure(address, 8 + 2 * storage.widths.address, 'a B-tree node')
    head.signature('TREE')
    if (head.u8() !== type) throw head.malformed('a B-tree node is of another type than its tree')
    const level = head.u8()
    const used = head.u16()
    if (level > MAX_TREE_DEPTH || (expected !== undefined && level !== expected))
      throw head.malformed(
        `a B-tree node has the level ${level} instead of ${expected ?? `at most ${MAX_TREE_DEPTH}`}`,
      )
    const start = address + head.bytes.byteLength
    const entries = await storage.structure(start, used * entryBytes, 'a B-tree node')
    const children: { address: number; level: number }[] = []
    for (let i = 0; i < used; i++) {
      const key = entries.part(keyBytes)
      const child = entries.given('a child')
      if (level > 0) children.push({ address: child, level: level - 1 })
      else {
        const waiting = visit(key, child)
        if (waiting) await waiting
      }
    }
    for (const child of children.toReversed()) pending.push(child)
  }
}
