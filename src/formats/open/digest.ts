import { createHash } from 'node:crypto'
import type { ByteSource, Digest } from '../../core/index.ts'
import { chunksOf } from '../bytes/ranges.ts'

/** SHA-256 of everything in a source, streamed. */
export async function digestOfSource(source: ByteSource): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, 1024 * 1024)) hash.update(chunk)
  return `sha256:${hash.digest('hex')}` as Digest
}
