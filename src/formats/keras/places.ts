import { hdf5Places } from '../hdf5/places.ts'
import type { Placer, TensorPlace } from '../ports.ts'
import { openZip } from '../zip/archive.ts'

/** Files of weights in a `.keras` archive, which Keras stores as they are; one alone, or shards. */
const WEIGHTS = /^model\.weights.*\.h5$/

/** The datasets of a `.keras` archive's weights. */
export const placeKeras: Placer = async ({ source }) => {
  const archive = await openZip(source)
  const places: TensorPlace[] = []
  for (const { name, method } of archive.entries) {
    if (method !== 'stored' || !WEIGHTS.test(name)) continue
    for (const place of await hdf5Places(await archive.open(name), source)) places.push(place)
  }
  return places
}
