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
 * A version as one file, in pieces as they are read: its description, then its files in order of their names, then its variants'. The
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
  for (const { entry, file } of entriesOf(facts)) {
    yield entryHeader(entry, file.size)
    yield* verified(file, await open(file.digest))
    yield paddingAfter(file.size)
  }
  yield ending()
}

/** What follows the description: the version's files, then those of each variant. */
export function entriesOf({
  manifest,
  variants = [],
}: ExportFacts): readonly { readonly entry: string; readonly file: BlobRef }[] {
  return [
    ...manifest.files.map(file => ({ entry: `files/${file.name}`, file })),
    ...variants.flatMap(({ name, files }) =>
      files.map(file => ({ entry: `variants/${name}/${file.name}`, file })),
    ),
  ]
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
