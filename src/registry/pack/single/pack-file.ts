import { type Bytes, newId, openFile } from '../../../core/index.ts'
import { openPieceCodec } from '../../codec/codec.ts'
import { openPacked } from '../open.ts'
import { packObject } from '../pack-object.ts'
import type { PackResult } from '../types.ts'
import type { BaseFile } from './base.ts'
import { filePacks, finderOf } from './files.ts'

/**
 * Packs one file into one at `to`, which holds all of it, or all that differs from `base`. The base's recipe goes
 * along, so that it is found again. Throws as `packObject`.
 */
export async function packSingleFile(request: {
  readonly path: string
  readonly to: string
  readonly base?: BaseFile
  readonly threads: number
  readonly onProgress?: (done: Bytes) => void
}): Promise<PackResult> {
  const { path, to, base, threads, onProgress } = request
  const codec = openPieceCodec()
  const known = finderOf(base?.places ?? [])
  const packs = filePacks(new Map(base ? [[base.pack, base.path]] : []))
  const old = base && openPacked({ recipe: base.recipe, find: known, packs, codec })
  const source = await openFile(path)
  try {
    return await packObject({
      source,
      name: path,
      known,
      bases: base && old ? [{ recipe: base.recipe, read: (offset, length) => old.read(offset, length) }] : [],
      carry: base ? [base.recipe] : [],
      codec,
      draft: { id: newId('pack'), path: to },
      threads,
      ...(onProgress && { onProgress }),
    })
  } finally {
    await source.close()
    await old?.close()
  }
}
