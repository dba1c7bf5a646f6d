import {
  type Contents,
  type Hdf5File,
  notesOf,
  openHdf5,
  openHdf5Model,
  readingOf,
  versionOf,
  walkHdf5,
} from '../hdf5/index.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { metadataEntry, parametersOf } from '../tensors.ts'
import type { MetadataEntry } from '../types.ts'
import { isObject, type Json, parseJson } from './config/json.ts'
import { compileEntries, describeConfig } from './describe.ts'
import { fail } from './failures.ts'
import { layerEntries } from './shards.ts'
import { inListedOrder } from './weights/legacy.ts'
import { legacyPaths, variablePaths } from './weights/paths.ts'
import { VariableNotes } from './weights/variables.ts'

/** Root attributes by which Keras' files are known; `layer_names` of weights alone. */
const MARKS = ['model_config', 'keras_version', 'layer_names', 'layer_names0']

/** Reads an HDF5 file: as Keras' own where it is, else as datasets and attributes. */
export async function openHdf5OrKeras(input: ModelInput): Promise<OpenModel> {
  const file = await openHdf5(input.source)
  return (await isKeras(file)) ? openKerasH5(input) : openHdf5Model(input)
}

async function isKeras(file: Hdf5File): Promise<boolean> {
  const attributes = new Set((await file.root.attributes()).map(({ name }) => name))
  if (MARKS.some(mark => attributes.has(mark))) return true
  const names = new Set((await file.root.links()).map(({ name }) => name))
  return names.has('vars') && (names.has('layers') || names.has('_layer_checkpoint_dependencies'))
}

/**
 * Reads what Keras wrote as HDF5: a legacy `.h5` with its model, or weights alone (legacy, or Keras 3's
 * `.weights.h5`). Every dataset is a tensor, named by its path. Throws FORMAT_MALFORMED for other HDF5 files.
 */
export async function openKerasH5(input: ModelInput): Promise<OpenModel> {
  const file = await openHdf5(input.source)
  if (!(await isKeras(file)))
    throw fail.malformed({ name: input.path }, 'nothing in this HDF5 file is from Keras')
  const variables = new VariableNotes()
  const contents = await walkHdf5(file, object => variables.visit(object))
  const roots = ['model_weights', '', 'optimizer_weights']
  const datasets = await inListedOrder(file, roots, contents.datasets)
  const tensors = datasets.map(dataset => variables.tensorOf(dataset))
  const notes = notesOf(contents)
  const { model, metadata, producer } = await modelOf(file, contents, variables.names, notes)
  return {
    file: {
      format: 'keras-h5',
      formatVersion: versionOf(file),
      framework: 'Keras',
      ...(producer !== undefined && { producer }),
      ...model,
      ...singleFile(input),
      tensors,
      parameters: parametersOf(tensors),
      metadata,
      ...(notes.length > 0 && { notes }),
    },
    ...readingOf(input.path, datasets, tensors),
  }
}

/** The JSON that a file holds of its model, and of how it was compiled: what `kerasHazards` takes. */
export async function readKerasConfigs(file: Hdf5File): Promise<ReadonlyMap<string, Json>> {
  const configs = new Map<string, Json>()
  for (const attribute of await file.root.attributes()) {
    if (attribute.name !== 'model_config' && attribute.name !== 'training_config') continue
    const value = await attribute.value()
    if (typeof value === 'string')
      configs.set(attribute.name, parseJson(value, { name: file.name }, `the attribute ${attribute.name}`))
  }
  return configs
}

async function modelOf(
  file: Hdf5File,
  contents: Contents,
  names: ReadonlyMap<string, string>,
  notes: string[],
) {
  const place = { name: file.name }
  const configs = await readKerasConfigs(file)
  const metadata = await rootMetadata(file, notes)
  const version = metadata.find(({ key }) => key === 'keras_version')?.value
  const producer = version === undefined ? undefined : `Keras ${version}`
  const config = configs.get('model_config')
  if (config === undefined) {
    notes.push('weights alone, without the model that they belong to')
    metadata.push(...layerEntries(names, notes))
    return { model: {}, metadata, producer }
  }
  const groups = new Set(contents.groups.map(group => group.path))
  const legacy = legacyPaths(groups.has('model_weights') ? 'model_weights' : '', groups)
  const { notes: more, ...model } = describeConfig(
    config,
    place,
    names.size > 0 ? variablePaths(names) : legacy,
  )
  notes.push(...more)
  const training = configs.get('training_config')
  if (isObject(training)) metadata.push(...compileEntries(training, notes))
  return { model, metadata, producer }
}

/** Root attributes but for the configs, which the graph tells. */
async function rootMetadata(file: Hdf5File, notes: string[]): Promise<MetadataEntry[]> {
  const entries: MetadataEntry[] = []
  for (const attribute of await file.root.attributes()) {
    if (/^(model_config|training_config|(layer|weight)_names\d*)$/.test(attribute.name)) continue
    const value = await attribute.value()
    entries.push(
      metadataEntry(attribute.name, typeof value === 'string' ? value : JSON.stringify(value), notes),
    )
  }
  return entries
}
