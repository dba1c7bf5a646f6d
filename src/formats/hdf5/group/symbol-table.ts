import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { LocalHeap } from '../heap/local.ts'
import { walkTree1 } from '../tree/btree1.ts'
import type { Hdf5Link } from './link.ts'

const SOFT = 2

/** The links of an old-style group (IV.A.2.r): a B-tree of symbol nodes, and a heap with their names. */
export async function symbolTableLinks(
  storage: Storage,
  message: Cursor,
  add: (link: Hdf5Link, cursor: Cursor) => void,
): Promise<void> {
  const tree = message.given('the B-tree')
  const heap = await LocalHeap.open(storage, message.given('the heap'))
  const { widths } = storage
  const entryBytes = 2 * widths.address + 24
  await walkTree1(storage, tree, { type: 0, keyBytes: widths.length }, async (_, address) => {
    const head = await storage.structure(address, 8, 'a symbol node')
    head.signature('SNOD')
    head.version(1)
    head.skip(1)
    const count = head.u16()
    const entries = await storage.structure(address + 8, count * entryBytes, 'a symbol node')
    for (let i = 0; i < count; i++) add(await readEntry(entries, heap), entries)
  })
}

async function readEntry(cursor: Cursor, heap: LocalHeap): Promise<Hdf5Link> {
  const name = await heap.text(cursor.uint(cursor.widths.address))
  const address = cursor.address()
  const type = cursor.u32()
  cursor.skip(4)
  const scratch = cursor.part(16)
  if (type === SOFT) return { name, kind: 'soft', target: await heap.text(scratch.u32()) }
  if (address === undefined) throw cursor.malformed(`the link '${name.slice(0, 100)}' leads nowhere`)
  return { name, kind: 'hard', address }
}
