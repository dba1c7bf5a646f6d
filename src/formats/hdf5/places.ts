import type { ByteSource } from '../../core/index.ts'
import { placeIn } from '../bytes/ranges.ts'
import type { Placer, TensorPlace } from '../ports.ts'
import { openHdf5 } from './open.ts'
import { walkHdf5 } from './walk.ts'

/** Datasets without filters, by their paths: each one run, or its chunks. */
export const placeHdf5: Placer = async ({ source }) => hdf5Places(source, source)

/** Those of an HDF5 file that is a part of `whole`, as it is. */
export async function hdf5Places(file: ByteSource, whole: ByteSource): Promise<readonly TensorPlace[]> {
  const { datasets } = await walkHdf5(await openHdf5(file))
  const places: TensorPlace[] = []
  for (const { path, info, runs } of datasets) {
    const { dtype, stored, bytes: width, type } = info.element
    for await (const { offset, bytes, shape, start } of runs()) {
      const at = placeIn(whole, file, offset)
      if (at === undefined) return []
      places.push({
        name: start ? `${path}[${start.join(',')}]` : path,
        // Numbers that do not fill their bytes are given in fewer.
        dtype: width === type.size ? dtype : 'unknown',
        shape,
        offset: at,
        bytes,
        ...(stored.includes('big-endian') && { bigEndian: true }),
      })
    }
  }
  return places
}
