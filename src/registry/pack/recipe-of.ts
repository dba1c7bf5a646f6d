import { createHash } from 'node:crypto'
import { type ByteSource, type Bytes, type Digest, digestOf } from '../../core/index.ts'
import { cuts } from '../layout/cuts.ts'
import { layOut } from '../layout/lay-out.ts'
import type { Recipe, RecipePiece } from './types.ts'

/** The recipe of a file as packing it would make it, without writing anything. */
export async function recipeOf(
  source: ByteSource,
  name: string,
  onProgress?: (done: Bytes) => void,
): Promise<Recipe> {
  const layout = await layOut(source, name)
  const hash = createHash('sha256')
  const pieces: RecipePiece[] = []
  let size = 0
  for await (const { bytes } of cuts(source, layout)) {
    hash.update(bytes)
    pieces.push({ chunk: digestOf(bytes), length: bytes.byteLength })
    size += bytes.byteLength
    onProgress?.(size)
  }
  return { ...layout, digest: `sha256:${hash.digest('hex')}` as Digest, size, pieces }
}
