import type { BlobRef } from '../../types.ts'
import { type ExportFacts, invalidExport, parseFacts } from './facts.ts'
import { ByteQueue } from './queue.ts'
import { BLOCK_BYTES, ending, entryHeader, paddingAfter, statedSize } from './tar.ts'
import { entriesOf, FACTS_NAME, MAX_FACTS_BYTES } from './write.ts'

/** Takes what an export holds, in its order. */
export interface ExportTaker {
  /** Before the first file. Throws what it likes, and nothing more is read. */
  facts?(facts: ExportFacts): Promise<void>
  /** Of the version, then of its variants. Must read all of `bytes`, and verify them against the digest. */
  file(file: BlobRef, bytes: AsyncIterable<Uint8Array>): Promise<void>
}

/**
 * Reads an export as it arrives. Nothing is searched or guessed: the description says which files follow, so every
 * header can have one form only, and whatever has another (a name that climbs, a link, a size that lies, a file twice,
 * one too few, bytes behind the end) is refused. Throws EXPORT_INVALID, MANIFEST_INVALID.
 */
export async function readExport(
  chunks: AsyncIterable<Uint8Array>,
  taker: ExportTaker,
): Promise<ExportFacts> {
  const queue = new ByteQueue(chunks)
  try {
    const facts = await readFacts(queue)
    await taker.facts?.(facts)
    for (const { entry, file } of entriesOf(facts)) {
      const where = `before '${file.name}' (${file.size} bytes)`
      await expectBytes(queue, entryHeader(entry, file.size), where)
      await readFile(queue, file, taker)
      await expectBytes(queue, paddingAfter(file.size), `behind '${file.name}'`)
    }
    await expectBytes(queue, ending(), 'at its end')
    if (!(await queue.atEnd())) throw invalidExport('something follows its end')
    return facts
  } finally {
    await queue.close()
  }
}

async function readFacts(queue: ByteQueue): Promise<ExportFacts> {
  const block = await need(queue, BLOCK_BYTES, 'in its first header')
  const size = statedSize(block)
  if (size === undefined || !Buffer.from(block).equals(entryHeader(FACTS_NAME, size)))
    throw invalidExport(`it does not begin with ${FACTS_NAME}`)
  if (size > MAX_FACTS_BYTES)
    throw invalidExport(`its description has ${size} bytes, over ${MAX_FACTS_BYTES}`)
  const description = await need(queue, size, 'in its description')
  await expectBytes(queue, paddingAfter(size), 'behind its description')
  return parseFacts(Buffer.from(description).toString('utf8'))
}

async function readFile(queue: ByteQueue, file: BlobRef, taker: ExportTaker): Promise<void> {
  let left = file.size
  async function* bytes(): AsyncGenerator<Uint8Array> {
    while (left > 0) {
      const chunk = await queue.some(left)
      if (!chunk) throw invalidExport(`it ends in '${file.name}', ${left} bytes too early`)
      left -= chunk.byteLength
      yield chunk
    }
  }
  await taker.file(file, bytes())
  if (left > 0) throw invalidExport(`'${file.name}' was not read to its end`)
}

async function expectBytes(queue: ByteQueue, expected: Uint8Array, where: string): Promise<void> {
  const found = await need(queue, expected.byteLength, where)
  if (!Buffer.from(found).equals(expected))
    throw invalidExport(`another header than expected stands ${where}`)
}

async function need(queue: ByteQueue, length: number, where: string): Promise<Uint8Array> {
  const bytes = await queue.take(length)
  if (!bytes) throw invalidExport(`it ends ${where}`)
  return bytes
}
