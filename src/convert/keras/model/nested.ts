import type { Emitter } from '../../graph/types.ts'
import { invalid } from '../config.ts'
import { cast } from '../emit.ts'
import type { Argument, Carried } from '../layer.ts'
import { inputDtype } from '../policy.ts'
import type { Arguments } from './call.ts'
import { tensorsIn } from './calls.ts'
import type { Plan } from './plan.ts'

/**
 * The inputs of a model that is called as a layer, by the keys of their tensors: dicts by their keys or by the names of
 * input layers, all else in order. Each comes in the dtype of its input layer.
 */
export function nestedInputs(b: Emitter, plan: Plan, given: Arguments): ReadonlyMap<string, Carried> {
  const first = given.positional[0] ?? given.named.get('inputs')
  const tensors = first?.kind === 'dict' ? inOrder(plan, first.items) : given.positional.flatMap(tensorsIn)
  if (tensors.length !== plan.inputs.length)
    throw invalid(
      `The model '${b.source.name}' has ${plan.inputs.length} inputs, and is called with ${tensors.length} tensors`,
    )
  return new Map(
    plan.inputs.map(({ ref: { layer, node, tensor } }, i) => [
      JSON.stringify([layer, node, tensor]),
      asDeclared(b, plan, layer, tensors[i]!),
    ]),
  )
}

function asDeclared(b: Emitter, { model }: Plan, name: string, value: Carried): Carried {
  const layer = model.layers.find(
    candidate => candidate.name === name && candidate.className === 'InputLayer',
  )
  const stated = layer?.config['dtype']
  if (stated === undefined || value.dtype === 'string') return value
  const { mask } = value
  return { ...cast(b, value, inputDtype(stated)), ...(mask && { mask }) }
}

function inOrder(plan: Plan, items: ReadonlyMap<string, Argument>): readonly Carried[] {
  return plan.inputs.flatMap(({ key, ref }) => {
    const item = items.get(key ?? ref.layer) ?? items.get(ref.layer)
    return item ? tensorsIn(item) : []
  })
}
