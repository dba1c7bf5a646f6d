import type { ByteSource } from '../../core/index.ts'
import { notesOf, openHdf5, readingOf, walkHdf5 } from '../hdf5/index.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { metadataEntry, parametersOf } from '../tensors.ts'
import type { MetadataEntry } from '../types.ts'
import { openZip, type ZipArchive } from '../zip/archive.ts'
import { isObject, type Json, objectMember, parseJson, textMember } from './config/json.ts'
import { compileEntries, describeConfig } from './describe.ts'
import { fail } from './failures.ts'
import { MAX_CONFIG_BYTES } from './limits.ts'
import { variablePaths } from './weights/paths.ts'
import { VariableNotes } from './weights/variables.ts'

const CONFIG = 'config.json'
const METADATA = 'metadata.json'
const WEIGHTS = 'model.weights.h5'

/**
 * Reads a `.keras` archive: config.json as the graph, the datasets of model.weights.h5 as tensors
 * (`layers/dense/vars/0`). A node's attribute `weights` says below which path its layer's variables lie.
 */
export async function openKeras(input: ModelInput): Promise<OpenModel> {
  const archive = await openZip(input.source)
  const entries = new Set(archive.entries.map(entry => entry.name))
  const place = { name: input.path }
  const config = await jsonOf(archive, CONFIG, input.path)
  if (!entries.has(WEIGHTS)) {
    const other = [...entries].find(name => name.startsWith('model.weights'))
    throw other
      ? fail.unsupported(place, `its weights are in ${other}; ${WEIGHTS} is read`)
      : fail.malformed(place, `it has no ${WEIGHTS}`)
  }
  const weights = await archive.open(WEIGHTS)
  try {
    return await describe(input, archive, config, weights)
  } catch (error) {
    await weights.close()
    throw error
  }
}

async function describe(
  input: ModelInput,
  archive: ZipArchive,
  config: Json,
  weights: ByteSource,
): Promise<OpenModel> {
  const variables = new VariableNotes()
  const contents = await walkHdf5(await openHdf5(weights), object => variables.visit(object))
  const tensors = contents.datasets.map(dataset => variables.tensorOf(dataset))
  const notes = notesOf(contents)
  const paths = variablePaths(variables.names)
  const { notes: more, ...model } = describeConfig(config, { name: input.path }, paths)
  notes.push(...more)
  const about = await aboutOf(archive, input.path)
  const version = isObject(about) ? textMember(about, 'keras_version') : undefined
  const compiled = isObject(config) ? compileEntries(objectMember(config, 'compile_config'), notes) : []
  return {
    file: {
      format: 'keras',
      formatVersion: 'v3',
      framework: 'Keras',
      ...(version !== undefined && { producer: `Keras ${version}` }),
      ...model,
      ...singleFile(input),
      tensors,
      parameters: parametersOf(tensors),
      metadata: [...entriesOf(about, notes), ...compiled, ...assetsOf(archive, notes)],
      ...(notes.length > 0 && { notes }),
    },
    ...readingOf(input.path, contents.datasets, tensors),
    close: () => weights.close(),
  }
}

/** config.json of a `.keras` archive: what `kerasHazards` takes. */
export async function readKerasConfig(archive: ZipArchive, path: string): Promise<Json> {
  return jsonOf(archive, CONFIG, path)
}

async function jsonOf(archive: ZipArchive, name: string, path: string): Promise<Json> {
  const place = { name: path }
  const entry = archive.entries.find(candidate => candidate.name === name)
  if (!entry) throw fail.malformed(place, `it has no ${name}`)
  if (entry.size > MAX_CONFIG_BYTES)
    throw fail.limit(place, `${name} has ${entry.size} bytes; ${MAX_CONFIG_BYTES} is the most`)
  const source = await archive.open(name)
  try {
    const bytes = await source.read(0, source.size)
    return parseJson(new TextDecoder().decode(bytes), place, name)
  } finally {
    await source.close()
  }
}

/** metadata.json, which few readers need: undefined where it is missing. */
async function aboutOf(archive: ZipArchive, path: string): Promise<Json | undefined> {
  const present = archive.entries.some(({ name }) => name === METADATA)
  return present ? jsonOf(archive, METADATA, path) : undefined
}

function entriesOf(about: Json | undefined, notes: string[]): MetadataEntry[] {
  if (!isObject(about)) return []
  return Object.entries(about)
    .slice(0, 100)
    .map(([key, value]) =>
      metadataEntry(key, typeof value === 'string' ? value : JSON.stringify(value), notes),
    )
}

/** Vocabularies and the like, by their names. */
function assetsOf(archive: ZipArchive, notes: string[]): MetadataEntry[] {
  const names = archive.entries.filter(({ name, directory }) => !directory && name.startsWith('assets/'))
  if (names.length === 0) return []
  return [metadataEntry('assets', names.map(({ name }) => name).join(', '), notes)]
}
