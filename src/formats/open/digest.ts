import { createHash } from 'node:crypto'
import { type ByteSource, type Digest, digestOfValue } from '../../core/index.ts'
import { chunksOf } from '../bytes/ranges.ts'

/** The digest of a model by those of its files: the file's own, or that of the list of paths and digests. */
export function digestOfFiles(files: Iterable<readonly [path: string, digest: Digest]>): Digest {
  const all = [...files]
  const [only] = all
  return only && all.length === 1 ? only[1] : digestOfValue(all.map(([path, digest]) => ({ path, digest })))
}

/** SHA-256 of everything in a source, streamed. */
export async function digestOfSource(source: ByteSource): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, 1024 * 1024)) hash.update(chunk)
  return `sha256:${hash.digest('hex')}` as Digest
}
