import type { TensorInfo } from '../types.ts'
import type { BundleReading } from './bundle/read.ts'
import { bundleTensor } from './bundle/read.ts'
import { OBJECT_GRAPH_KEY, type ObjectGraph, readObjectGraph } from './objects.ts'
import type { StoredTensor } from './tensors.ts'
import { uniqueNames } from './unique-names.ts'

const VALUE = '/.ATTRIBUTES/VARIABLE_VALUE'
const OPTIMIZER =
  /(^|\/)_?optimizer\/|\/\.OPTIMIZER_SLOT\/|\/(Adam|Adagrad|Momentum|RMSProp)(_\d+)?$|^beta[12]_power$/
/** Counts of savings and what metrics have summed up: no part of what the model computes. */
const DATA = /^save_counter$|(^|\/)keras_api\/metrics\//

/** What the model's graph knows of its variables; a checkpoint alone knows nothing. */
export interface VariableFacts {
  /** Whether training changes it: of an object, or under its name. */
  trainable(key: string, node: number | undefined): boolean | undefined
}

export interface Variables {
  readonly tensors: readonly StoredTensor[]
  /** Names of tensors that are second copies, as Keras' export writes them. */
  readonly copies: ReadonlySet<string>
}

/**
 * A checkpoint's tensors under names for people. That is the variable's own name where it is a path (`dense/kernel`)
 * and nothing else has it; otherwise the path through the object graph (`layers/0/kernel`), or the key as it is.
 */
export async function variablesOf(reading: BundleReading, facts?: VariableFacts): Promise<Variables> {
  const graph = await readObjectGraph(reading)
  const keys = Array.from(reading.index.entries.keys()).filter(key => !graph || key !== OBJECT_GRAPH_KEY)
  const copied = copiesOf(keys, graph, reading)
  const shared = sharedNames(
    keys.filter(key => !copied.has(key)),
    graph,
  )
  const unique = uniqueNames()
  const copies = new Set<string>()
  const tensors = keys.map(key => {
    const own = graph?.tensors.get(key)?.fullName ?? ''
    const path = key.endsWith(VALUE) ? key.slice(0, -VALUE.length) : key
    const wanted = own.includes('/') && !shared.has(own) && !copied.has(key) ? own : path
    const name = unique(wanted)
    if (copied.has(key)) copies.add(name)
    const tensor = bundleTensor(reading, key, reading.index.entries.get(key)!)
    const role = roleOf(path, key, tensor.info, graph, facts)
    const info = { ...tensor.info, name, ...(name !== key && { key }), ...(role && { role }) }
    return { ...tensor, info }
  })
  return { tensors, copies }
}

/** Keys whose variable stands under another key as well, with the same bytes. The one without `_` in its path is kept. */
function copiesOf(
  keys: readonly string[],
  graph: ObjectGraph | undefined,
  { index }: BundleReading,
): Set<string> {
  const kept = new Map<string, string>()
  const copies = new Set<string>()
  const inOrder = keys.toSorted((a, b) => Number(/(^|\/)_/.test(a)) - Number(/(^|\/)_/.test(b)))
  for (const key of inOrder) {
    const own = graph?.tensors.get(key)?.fullName
    if (!own?.includes('/')) continue
    const { dtype, shape, crc, size } = index.entries.get(key)!
    const same = JSON.stringify([own, dtype, shape, crc, size])
    if (kept.has(same)) copies.add(key)
    else kept.set(same, key)
  }
  return copies
}

function sharedNames(keys: readonly string[], graph: ObjectGraph | undefined): Set<string> {
  const [seen, shared] = [new Set<string>(), new Set<string>()]
  for (const key of keys) {
    const own = graph?.tensors.get(key)?.fullName ?? ''
    if (seen.has(own)) shared.add(own)
    seen.add(own)
  }
  return shared
}

function roleOf(
  path: string,
  key: string,
  { dtype }: TensorInfo,
  graph: ObjectGraph | undefined,
  facts: VariableFacts | undefined,
): TensorInfo['role'] {
  const node = graph?.tensors.get(key)?.node
  if (OPTIMIZER.test(path) || (node !== undefined && graph?.slots.has(node))) return 'optimizer'
  if (dtype === 'string' || DATA.test(path)) return 'data'
  const trainable = facts?.trainable(key, node)
  if (trainable === undefined) return undefined
  return trainable ? 'parameter' : 'buffer'
}
