import type { ByteSource } from '../../core/index.ts'
import { type Hdf5Dataset, notesOf, openHdf5, readingOf, walkHdf5 } from '../hdf5/index.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { metadataEntry, parametersOf } from '../tensors.ts'
import type { FilePart, MetadataEntry } from '../types.ts'
import { isObject, type JsonObject, objectMember, parseJson } from './config/json.ts'
import { fail } from './failures.ts'
import { MAX_CONFIG_BYTES, MAX_SHARDS } from './limits.ts'
import { VariableNotes } from './weights/variables.ts'

/**
 * Reads Keras 3's sharded weights: `NAME.weights.json`, whose weight_map names HDF5 files beside it. Throws FORMAT_PATH
 * for files elsewhere, FORMAT_MALFORMED for a weight that two shards have.
 */
export async function openKerasShards(input: ModelInput): Promise<OpenModel> {
  const map = await readMap(input)
  const folder = input.path.slice(0, input.path.lastIndexOf('/') + 1)
  const opened: ByteSource[] = []
  const close = async (): Promise<void> => {
    for (const source of opened) await source.close()
  }
  try {
    return { ...(await describe(input, shardsOf(map, input.path), folder, opened)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function readMap({ source, path }: ModelInput): Promise<JsonObject> {
  const place = { name: path }
  if (source.size > MAX_CONFIG_BYTES)
    throw fail.limit(place, `a map of weights has ${source.size} bytes; ${MAX_CONFIG_BYTES} is the most`)
  const map = parseJson(
    new TextDecoder().decode(await source.read(0, source.size)),
    place,
    'the map of weights',
  )
  const weights = isObject(map) ? objectMember(map, 'weight_map') : undefined
  if (!weights) throw fail.malformed(place, 'the map of weights has no weight_map')
  return weights
}

/** The files that a map names: in one list or text for each group of weights. */
function shardsOf(map: JsonObject, path: string): readonly string[] {
  const files = new Set<string>()
  for (const value of Object.values(map)) {
    for (const file of Array.isArray(value) ? value : [value]) {
      if (typeof file !== 'string' || file === '')
        throw fail.malformed({ name: path }, 'a shard of weights has no name')
      if (/[/\\]/.test(file) || file === '.' || file === '..')
        throw fail.path({ name: path }, `the shard '${file.slice(0, 200)}' is not beside the map`)
      files.add(file)
      if (files.size > MAX_SHARDS) throw fail.limit({ name: path }, `over ${MAX_SHARDS} shards of weights`)
    }
  }
  return [...files].sort()
}

async function describe(
  input: ModelInput,
  shards: readonly string[],
  folder: string,
  opened: ByteSource[],
): Promise<Omit<OpenModel, 'close'>> {
  const files: FilePart[] = [{ path: input.path, size: input.storedSize }]
  const datasets: Hdf5Dataset[] = []
  const variables = new VariableNotes()
  const seen = new Set<string>()
  const notes = ['weights alone, without the model that they belong to']
  for (const shard of shards) {
    const source = await input.tree.open(`${folder}${shard}`)
    opened.push(source)
    files.push({ path: `${folder}${shard}`, size: source.size })
    const contents = await walkHdf5(await openHdf5(source), object => variables.visit(object))
    notes.push(...notesOf(contents))
    for (const dataset of contents.datasets) {
      if (seen.has(dataset.path))
        throw fail.malformed({ name: shard }, `another shard has '${dataset.path}' too`)
      seen.add(dataset.path)
      datasets.push(dataset)
    }
  }
  const tensors = datasets.map(dataset => variables.tensorOf(dataset))
  return {
    file: {
      format: 'keras-h5',
      framework: 'Keras',
      name: input.path,
      size: files.reduce((sum, { size }) => sum + size, 0),
      files,
      tensors,
      parameters: parametersOf(tensors),
      metadata: layerEntries(variables.names, notes),
      notes,
    },
    ...readingOf(input.path, datasets, tensors),
  }
}

/** What layers are called in the model, by their path in the file. */
export function layerEntries(names: ReadonlyMap<string, string>, notes: string[]): MetadataEntry[] {
  return Array.from(names)
    .filter(([, name]) => name !== '')
    .map(([layer, name]) => metadataEntry(layer === '' ? 'model' : layer, name, notes))
}
