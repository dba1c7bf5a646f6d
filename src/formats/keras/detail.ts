import { openHdf5, walkHdf5 } from '../hdf5/index.ts'
import type { ModelInput } from '../ports.ts'
import { openZip, type ZipArchive } from '../zip/archive.ts'
import { readKerasConfig } from './archive.ts'
import { isObject, type Json, textMember } from './config/json.ts'
import { type Model, readModel } from './config/model.ts'
import { readKerasConfigs } from './h5.ts'
import { MAX_ASSET_BYTES } from './limits.ts'
import { listedWeights } from './weights/legacy.ts'
import { variablePaths, type WeightPaths } from './weights/paths.ts'
import { VariableNotes } from './weights/variables.ts'

/** What those who convert a Keras model need beyond its description. */
export interface KerasDetail {
  /** Undefined for a subclassed model, and for weights alone. */
  readonly model: Model | undefined
  /** Of the model, where it is a subclassed one. */
  readonly className: string | undefined
  readonly variables: KerasVariables
  /** A file that layers saved beside their variables: `layers/string_lookup/vocabulary.txt`. */
  asset(path: string): Promise<Uint8Array | undefined>
}

export type KerasVariables =
  /** Keras 3: those of the layer at a path are the tensors `<path>/vars/<number>`. */
  | { readonly kind: 'paths'; readonly paths: WeightPaths }
  /** Legacy: names of the tensors of each layer of the top model, in order. */
  | { readonly kind: 'groups'; readonly groups: ReadonlyMap<string, readonly string[]> }
  /** TF.js: names of tensors begin with those of layers. */
  | { readonly kind: 'names' }

const NO_ASSETS = async (): Promise<undefined> => undefined
const WEIGHTS = 'model.weights.h5'

/** Of a `.keras` archive. Throws what `openKeras` throws. */
export async function detailOfArchive(input: ModelInput): Promise<KerasDetail> {
  const archive = await openZip(input.source)
  const config = await readKerasConfig(archive, input.path)
  const variables = new VariableNotes()
  const weights = await archive.open(WEIGHTS)
  try {
    await walkHdf5(await openHdf5(weights), object => variables.visit(object))
  } finally {
    await weights.close()
  }
  return {
    ...modelOf(config),
    variables: { kind: 'paths', paths: variablePaths(variables.names) },
    asset: path => assetOf(archive, path),
  }
}

/** Of an HDF5 file. Throws what `openKerasH5` throws. */
export async function detailOfH5(input: ModelInput): Promise<KerasDetail> {
  const file = await openHdf5(input.source)
  const config = (await readKerasConfigs(file)).get('model_config')
  const named = await file.open('model_weights')
  const groups = await listedWeights(file, named?.kind === 'group' ? 'model_weights' : '')
  return { ...modelOf(config), variables: { kind: 'groups', groups }, asset: NO_ASSETS }
}

/** Of a TF.js layers model, by its topology. */
export function detailOfTopology(topology: Json): KerasDetail {
  return { ...modelOf(topology), variables: { kind: 'names' }, asset: NO_ASSETS }
}

function modelOf(config: Json | undefined): Pick<KerasDetail, 'model' | 'className'> {
  const className = isObject(config) ? textMember(config, 'class_name') : undefined
  return { model: readModel(config), className }
}

async function assetOf(archive: ZipArchive, path: string): Promise<Uint8Array | undefined> {
  const name = `assets/${path}`
  const entry = archive.entries.find(candidate => candidate.name === name && !candidate.directory)
  if (!entry || entry.size > MAX_ASSET_BYTES) return undefined
  const source = await archive.open(name)
  try {
    return await source.read(0, source.size)
  } finally {
    await source.close()
  }
}
