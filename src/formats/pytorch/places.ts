import { placeIn } from '../bytes/ranges.ts'
import type { ModelInput, Placer, TensorPlace } from '../ports.ts'
import type { TorchModel } from './describe.ts'
import { openPt2 } from './export/open.ts'
import { openPytorchLegacy } from './legacy.ts'
import { openPytorch } from './open.ts'
import { openTorchscript } from './torchscript/open.ts'

export const placePytorch: Placer = placedBy(openPytorch)
export const placePytorchLegacy: Placer = placedBy(openPytorchLegacy)
export const placeTorchscript: Placer = placedBy(openTorchscript)
export const placePt2: Placer = placedBy(openPt2)

/**
 * Tensors that fill a run of their storage: also transposed ones, and several in one storage. Of views that overlap
 * each has its place, and of tied weights the same one.
 */
function placedBy(open: (input: ModelInput) => Promise<TorchModel>): Placer {
  return async input => {
    const { source } = input
    const model = await open({ ...input, storedSize: source.size, wrapper: [] })
    try {
      const places: TensorPlace[] = []
      for (const [name, { info, place }] of model.tensors) {
        const found = await place?.()
        const offset = found && placeIn(source, found.source, found.offset)
        if (offset === undefined || info.bytes === undefined) continue
        const { dtype, shape, bytes, stored } = info
        const bigEndian = stored?.includes('big-endian') ? { bigEndian: true } : {}
        places.push({ name, dtype, shape, offset, bytes, ...bigEndian })
      }
      return places
    } finally {
      await model.close()
    }
  }
}
