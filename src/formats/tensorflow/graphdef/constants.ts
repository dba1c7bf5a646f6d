import type { Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import type { StoredTensor } from '../tensors.ts'
import { uniqueNames } from '../unique-names.ts'
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
  taken: Iterable<string>,
): StoredTensor[] {
  const tensors: StoredTensor[] = []
  const unique = uniqueNames(taken)
  const take = (list: readonly TensorflowNode[], prefix: string) => {
    for (const { name, value } of list) {
      if (!value || value.shape.length === 0 || INITIAL.test(name)) continue
      const tensor = constantTensor(wire, value, prefix + name, fail)
      if (isWorthListing(tensor))
        tensors.push({ ...tensor, info: { ...tensor.info, name: unique(tensor.info.name) } })
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
