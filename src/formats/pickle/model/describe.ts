import { elementCount } from '../../../core/index.ts'
import type { ModelInput } from '../../ports.ts'
import { singleFile } from '../../single-file.ts'
import { metadataEntry, parametersOf } from '../../tensors.ts'
import type { MetadataEntry, ModelFile, TensorInfo } from '../../types.ts'
import { attributesOf, classOf, nameOf, textOf } from '../classes.ts'
import { byteLengthOf, isPlain } from '../numpy/read.ts'
import type { PickleNode, PickleRun } from '../types.ts'
import { graphOf } from './graph.ts'
import { isSimple, plainOf } from './plain.ts'
import type { Inventory, NamedArray } from './walk.ts'

/** Attributes that are told; estimators have some dozens. */
const MAX_METADATA = 1000
/** Characters of all of them. */
const MAX_METADATA_TOTAL = 1_000_000

/** Whose class it is, by the first part of its module. */
const FRAMEWORKS: ReadonlyMap<string, string> = new Map([
  ['sklearn', 'scikit-learn'],
  ['xgboost', 'XGBoost'],
  ['lightgbm', 'LightGBM'],
  ['catboost', 'CatBoost'],
  ['statsmodels', 'statsmodels'],
  ['gensim', 'gensim'],
  ['keras', 'Keras'],
  ['tensorflow', 'TensorFlow'],
  ['torch', 'PyTorch'],
  ['pandas', 'pandas'],
  ['scipy', 'SciPy'],
  ['numpy', 'NumPy'],
])

export interface Contents {
  readonly format: 'pickle' | 'joblib'
  readonly run: PickleRun
  readonly root: PickleNode
  readonly inventory: Inventory
  readonly notes: string[]
}

export async function describe(input: ModelInput, contents: Contents): Promise<ModelFile> {
  const { format, run, root, inventory, notes } = contents
  const tensors = inventory.arrays.map(infoOf)
  const framework = frameworkOf(root, inventory)
  const producer = producerOf(inventory)
  const graph = await graphOf(root)
  return {
    format,
    formatVersion: `protocol ${run.protocol}`,
    ...(framework !== undefined && { framework }),
    ...(producer !== undefined && { producer }),
    what: whatOf(root),
    ...singleFile(input),
    tensors,
    parameters: parametersOf(tensors),
    ...(graph && { graph }),
    metadata: await metadataOf(root, notes),
    ...(notes.length > 0 && { notes }),
  }
}

function infoOf({ name, array }: NamedArray): TensorInfo {
  const { dtype, shape, data } = array
  const fixed = dtype.dtype !== 'string' && dtype.dtype !== 'object'
  const stored = [
    ...(dtype.swaps.length > 0 ? ['big-endian'] : []),
    ...(isPlain(array) ? [] : ['fortran']),
    ...(data?.kind === 'characters' || data?.kind === 'escaped' ? ['text'] : []),
    ...(data?.kind === 'elsewhere' ? ['out-of-band'] : []),
  ]
  return {
    name,
    dtype: dtype.dtype,
    shape,
    elements: elementCount(shape),
    ...(fixed && { bytes: byteLengthOf(array) }),
    ...(stored.length > 0 && { stored }),
    ...(dtype.fields && { fields: dtype.fields }),
    ...((dtype.fields || dtype.dtype === 'opaque' || dtype.text) && { itemBytes: dtype.itemBytes }),
  }
}

/** The root's class, or what kind of container it is. */
function whatOf(root: PickleNode): string {
  if (root.kind === 'call') {
    const global = classOf(root)
    return global && !global.computed ? nameOf(global).name : 'object'
  }
  if (root.kind === 'global') return nameOf(root).name
  return root.kind
}

/** Of the root, else of the first object of a known package. */
function frameworkOf(root: PickleNode, { objects, arrays }: Inventory): string | undefined {
  const calls = root.kind === 'call' ? [{ call: root }, ...objects] : objects
  let numpy = arrays.length > 0
  for (const { call } of calls) {
    const global = classOf(call)
    const found = global && FRAMEWORKS.get(nameOf(global).module.split('.', 1)[0]!)
    if (found === 'NumPy') numpy = true
    else if (found !== undefined) return found
  }
  return numpy ? 'NumPy' : undefined
}

/** scikit-learn writes its version into every estimator. */
function producerOf({ objects }: Inventory): string | undefined {
  for (const { call } of objects) {
    const version = textOf(attributesOf(call).get('_sklearn_version'))
    if (version !== undefined) return `scikit-learn ${version.slice(0, 100)}`
  }
  return undefined
}

/** The root's parameters and simple attributes as JSON. */
async function metadataOf(root: PickleNode, notes: string[]): Promise<readonly MetadataEntry[]> {
  const attributes = root.kind === 'call' ? attributesOf(root) : undefined
  const named: (readonly [string | undefined, PickleNode])[] = attributes
    ? Array.from(attributes)
    : root.kind === 'dict'
      ? root.entries.map(([key, value]) => [textOf(key), value] as const)
      : []
  const entries: MetadataEntry[] = []
  let told = 0
  for (const [name, value] of named) {
    if (name === undefined || !isSimple(value)) continue
    if (entries.length >= MAX_METADATA || told >= MAX_METADATA_TOTAL) {
      notes.push(`the first ${entries.length} simple attributes are told`)
      break
    }
    const entry = metadataEntry(name.slice(0, 200), JSON.stringify(await plainOf(value)), notes)
    told += entry.value.length
    entries.push(entry)
  }
  return entries
}
