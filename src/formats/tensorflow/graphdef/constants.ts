import type { Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import type { StoredTensor } from '../tensors.ts'
import type { TensorflowGraph } from './graph.ts'
import type { TensorflowNode } from './node.ts'
import { constantTensor } from './tensor.ts'

/** Integers and text up to here are axes, shapes and keys, not what a model has learnt. */
const FEW_ELEMENTS = 16
/** What a variable of TensorFlow 1 begins training with. */
const INITIAL = /\/Initializer\/|\/initial_value$/

/**
 * Constants of a graph and of its functions (`function/node`) as tensors: arrays of floating-point numbers, and of
 * others those that are not small. Scalars are no tensors of a model. `taken` has names that are given already.
 */
export function constantsOf(
  wire: Wire,
  { nodes, functions }: TensorflowGraph,
  fail: TensorflowFailures,
  taken: Set<string>,
): StoredTensor[] {
  const tensors: StoredTensor[] = []
  const take = (list: readonly TensorflowNode[], prefix: string) => {
    for (const { name, value } of list) {
      if (!value || value.shape.length === 0 || INITIAL.test(name)) continue
      const tensor = constantTensor(wire, value, free(prefix + name, taken), fail)
      if (!isWorthListing(tensor)) continue
      taken.add(tensor.info.name)
      tensors.push(tensor)
    }
  }
  take(nodes, '')
  for (const { name, nodes: inside } of functions) take(inside, `${name}/`)
  return tensors
}

function isWorthListing({ info: { dtype, elements } }: StoredTensor): boolean {
  if (dtype === 'object' || dtype === 'unknown') return false
  return elements > FEW_ELEMENTS || (elements > 0 && /^(b?float|complex)/.test(dtype))
}

function free(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let i = 2; taken.has(name); i++) name = `${wanted}#${i}`
  return name
}
