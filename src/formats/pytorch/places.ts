import type { ByteSource } from '../../core/index.ts'
import { placeIn } from '../bytes/ranges.ts'
import type { ModelInput, Placer, TensorPlace } from '../ports.ts'
import type { ReadableTensor } from './contents.ts'
import type { TorchModel } from './describe.ts'
import { openPt2 } from './export/open.ts'
import { openPytorchLegacy } from './legacy.ts'
import { openPytorch } from './open.ts'
import { openTorchscript } from './torchscript/open.ts'

export const placePytorch: Placer = placedBy(openPytorch)
export const placePytorchLegacy: Placer = placedBy(openPytorchLegacy)
export const placeTorchscript: Placer = placedBy(openTorchscript)
export const placePt2: Placer = placedBy(openPt2)

/** Tensors that are looked for together: each costs a small read. */
const AT_ONCE = 32

/**
 * Tensors that fill a run of their storage: also transposed ones, and several in one storage. Of views that overlap
 * each has its place, and of tied weights the same one.
 */
function placedBy(open: (input: ModelInput) => Promise<TorchModel>): Placer {
  return async input => {
    const { source } = input
    const model = await open({ ...input, storedSize: source.size, wrapper: [] })
    try {
      const tensors = Array.from(model.tensors)
      const places: TensorPlace[] = []
      for (let at = 0; at < tensors.length; at += AT_ONCE) {
        const some = tensors.slice(at, at + AT_ONCE).map(async tensor => placeOf(source, tensor))
        for (const place of await Promise.all(some)) if (place) places.push(place)
      }
      return places
    } finally {
      await model.close()
    }
  }
}

async function placeOf(
  whole: ByteSource,
  [name, { info, place }]: readonly [string, ReadableTensor],
): Promise<TensorPlace | undefined> {
  const found = await place?.()
  const offset = found && placeIn(whole, found.source, found.offset)
  if (offset === undefined || info.bytes === undefined) return undefined
  const { dtype, shape, bytes, stored } = info
  return { name, dtype, shape, offset, bytes, ...(stored?.includes('big-endian') && { bigEndian: true }) }
}
