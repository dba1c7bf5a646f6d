import { createHash } from 'node:crypto'
import { canonicalJson, type Digest, hexOf } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { BlobRef } from '../../types.ts'
import type { ExportFacts } from './facts.ts'
import { ending, entryHeader, paddingAfter } from './tar.ts'

export const FACTS_NAME = 'ballast-export.json'
/** Long configurations and thousands of records; it is held in memory on both sides. */
export const MAX_FACTS_BYTES: number = 64 * 1024 * 1024

/**
 * A version as one file, in pieces as they are read: its description, then its files in order of their names. The
 * same facts and bytes make the same file. Bytes that are not those of their digest end it with BLOB_DIGEST_MISMATCH,
 * so that no whole file is ever wrong. Throws EXPORT_INVALID where the description is too large to be read again.
 */
export async function* writeExport(
  facts: ExportFacts,
  open: (digest: Digest) => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  const description = Buffer.from(`${canonicalJson(facts)}\n`)
  if (description.length > MAX_FACTS_BYTES) {
    throw new RegistryError('EXPORT_INVALID', {
      message: `The records of ${facts.manifest.model} v${facts.origin.number} have ${description.length} bytes, over ${MAX_FACTS_BYTES}`,
      hint: 'Use `ballast checkout` for its files.',
    })
  }
  yield entryHeader(FACTS_NAME, description.length)
  yield description
  yield paddingAfter(description.length)
  for (const file of facts.manifest.files) {
    yield entryHeader(entryName(file.name), file.size)
    yield* verified(file, await open(file.digest))
    yield paddingAfter(file.size)
  }
  yield ending()
}

export function entryName(name: string): string {
  return `files/${name}`
}

async function* verified({ name, digest, size }: BlobRef, bytes: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of bytes) {
    length += chunk.byteLength
    if (length > size) break
    hash.update(chunk)
    yield chunk
  }
  if (length === size && hash.digest('hex') === hexOf(digest)) return
  throw new RegistryError('BLOB_DIGEST_MISMATCH', {
    message: `The stored bytes of ${name} are not those of ${digest}`,
    hint: 'The store is damaged: run `ballast registry fsck`.',
    details: { name, digest, size, length },
  })
}
