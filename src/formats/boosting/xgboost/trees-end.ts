import type { ByteSource } from '../../../core/index.ts'
import { CHUNK_BYTES } from '../limits.ts'

/**
 * Where the array of the trees ends in a JSON document: the offset of its closing bracket, read from the end of the
 * file alone. XGBoost sorts keys, so `trees` is the last member of its object, and the booster's name follows. Text
 * in quotes can't look like this, since a quote within it would be escaped. Undefined where it is not found: then
 * the document is read from its start.
 *
 *   …, "trees": [ … ] }, "name": "gbtree"
 */
export async function endOfTrees(source: ByteSource): Promise<number | undefined> {
  const length = Math.min(CHUNK_BYTES, source.size)
  const start = source.size - length
  const text = Buffer.from(await source.read(start, length)).toString('latin1')
  const last = [...text.matchAll(/\](?=\s{0,64}\}\s{0,64},\s{0,64}"name"\s{0,64}:\s{0,64}"gbtree")/g)].at(-1)
  return last && start + last.index
}
