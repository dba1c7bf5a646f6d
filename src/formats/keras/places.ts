import { hdf5Places } from '../hdf5/places.ts'
import type { Placer } from '../ports.ts'
import { openZip } from '../zip/archive.ts'

/** Files of weights in a `.keras` archive, which Keras stores as they are; one alone, or shards. */
const WEIGHTS = /^model\.weights.*\.h5$/

/** The datasets of a `.keras` archive's weights. */
export const placeKeras: Placer = async ({ source }) => {
  const archive = await openZip(source)
  const weights = archive.entries.filter(({ name, method }) => method === 'stored' && WEIGHTS.test(name))
  const places = await Promise.all(
    weights.map(async ({ name }) => hdf5Places(await archive.open(name), source)),
  )
  return places.flat()
}
