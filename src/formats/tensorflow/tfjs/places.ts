import { CoreError } from '../../../core/index.ts'
import type { Placer, PlacerInput, TensorPlace } from '../../ports.ts'
import type { Range } from '../../protobuf/wire.ts'
import type { FilePart, TensorInfo } from '../../types.ts'
import { tensorflowFailures } from '../failures.ts'
import { isObject, readJson } from './json.ts'
import { readManifest, type WeightGroup } from './manifest.ts'
import { openWeights } from './weights.ts'

const fail = tensorflowFailures('TF.js', 'Convert the model again with tensorflowjs_converter.')

/**
 * Weights in the files beside `model.json`, which are cut every 4 MB wherever a tensor may be: each part has a place.
 * None where one of the files is missing, as only their sizes tell what is where.
 */
export const placeTfjs: Placer = async input => {
  const json = await readJson(input.source, fail)
  const manifest = isObject(json) ? json.get('weightsManifest') : json
  const places: TensorPlace[] = []
  for (const group of readManifest(manifest, input.source.name, fail))
    for (const place of await groupPlaces(input, group)) places.push(place)
  return places
}

async function groupPlaces(input: PlacerInput, group: WeightGroup): Promise<readonly TensorPlace[]> {
  const { source } = input
  const model = { ...input, storedSize: source.size, wrapper: [] }
  const weights = await openWeights(model, [group], fail).catch(missing)
  if (!weights) return []
  try {
    const places: TensorPlace[] = []
    for (const { info, place } of weights.tensors) {
      const range = await place?.()
      if (range) places.push(...partsOf(info, range, weights.files))
    }
    return places
  } finally {
    await weights.close()
  }
}

function missing(cause: unknown): undefined {
  if (!(cause instanceof CoreError) || cause.code !== 'FILE_UNREADABLE') throw cause
}

/** A range of the joined files as places in each of them. */
function* partsOf(
  { name, dtype, shape, elements }: TensorInfo,
  { start, end }: Range,
  files: readonly FilePart[],
): Generator<TensorPlace, void> {
  const width = (end - start) / elements
  let first = 0
  for (const { path, size } of files) {
    const [from, to] = [Math.max(start, first), Math.min(end, first + size)]
    if (from < to) {
      const [before, bytes] = [from - start, to - from]
      const whole = bytes === end - start
      // A file may end within an element: what follows is none of this type to a reader of the second file.
      const aligned = before % width === 0 && bytes % width === 0
      yield {
        name: whole ? name : `${name}[${before / width}]`,
        dtype: aligned ? dtype : 'unknown',
        shape: whole ? shape : [aligned ? bytes / width : bytes],
        path,
        offset: from - first,
        bytes,
      }
    }
    first += size
  }
}
