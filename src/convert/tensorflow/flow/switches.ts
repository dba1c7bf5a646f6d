import { failing } from '../../errors.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { DEAD, type Edge, type Guards, joined, REFUSED, type TensorEdge, tensor } from '../edges.ts'
import type { FlowConvert, FlowTable, Step } from '../step.ts'
import { choose } from './branches.ts'

/** More branches than this no switch_case has. */
const MAX_BRANCHES = 1000

/** Branches in branches: people write some five. */
const MAX_NESTED = 500

const tooMuch = failing('CONVERT_LIMIT', 'No real model needs as much; check where the file comes from.')

/** Switch of TensorFlow 1: its outputs are the value where the condition is false, and where it is true. */
const divide: FlowConvert = ({ inputs: [edge], value }) => sides(edge!, value(1))

function sides(edge: Edge, condition: Value): readonly [Edge, Edge] {
  const taken = condition.known?.[0]
  if (edge.kind === 'dead') return [DEAD, DEAD]
  if (typeof taken === 'number') return taken !== 0 ? [DEAD, edge] : [edge, DEAD]
  if (edge.kind !== 'tensor') return [edge, edge]
  if ((edge.guards?.size ?? 0) >= MAX_NESTED)
    throw tooMuch(`Branches are nested more than ${MAX_NESTED} deep`)
  const on = (side: boolean): Edge => {
    const guards = joined(edge.guards ?? new Map(), new Map([[condition.name, { condition, taken: side }]]))
    return guards ? tensor(edge.value, guards) : DEAD
  }
  return [on(false), on(true)]
}

/** One output for each number; the last also for all others. */
const divideByNumber: FlowConvert = ({ inputs: [edge], value, attributes, emitter, invalid }) => {
  const count = attributes.int('num_outs')
  if (!(count >= 1 && count <= MAX_BRANCHES)) throw invalid(`it has ${count} outputs`)
  const outputs: Edge[] = []
  let rest = edge!
  for (let i = 0; i < count - 1; i++) {
    const [other, here] = sides(rest, emitter.op('Equal', [value(1), emitter.scalar('int32', i)]))
    outputs.push(here)
    rest = other
  }
  return [...outputs, rest]
}

/** Merge of TensorFlow 1: what comes of the branch that is taken. */
const merge: FlowConvert = async step => {
  const { inputs, isUsed, invalid, emitter } = step
  const live = inputs.flatMap((edge, i) => (edge.kind === 'dead' ? [] : [{ edge, i }]))
  const [first, second] = live
  if (!first) return [DEAD, DEAD]
  if (!second) return [first.edge, tensor(emitter.scalar('int32', first.i))]
  if (live.some(({ edge }) => edge.kind === 'refused')) return [REFUSED, REFUSED]
  if (isUsed(1)) throw new Refusal('the number of the branch that was taken is used')
  const tensors = live.flatMap(({ edge }) => (edge.kind === 'tensor' ? [edge] : []))
  if (tensors.length < live.length) throw invalid('it joins branches that give no tensors')
  return [await merged(step, tensors)]
}

/** Of several values the one whose branch is taken: by a condition that all of them depend on, one side and the other. */
async function merged(step: Step, edges: readonly TensorEdge[]): Promise<TensorEdge> {
  const [first, ...others] = edges
  if (!first || others.length === 0) return first!
  const all = edges.map(({ guards }): Guards => guards ?? new Map())
  const split = Array.from(all[0]!).find(
    ([name, { taken }]) =>
      all.every(guards => guards.has(name)) && all.some(guards => guards.get(name)?.taken !== taken),
  )
  if (!split) throw step.invalid('its inputs are not on two sides of one condition')
  const [name, { condition }] = split
  const side = (taken: boolean) => edges.filter((_, i) => all[i]!.get(name)?.taken === taken)
  const [yes, no] = [await merged(step, side(true)), await merged(step, side(false))]
  const [chosen] = await choose(
    step,
    condition,
    () => [yes],
    () => [no],
  )
  if (chosen?.kind !== 'tensor') throw step.invalid('its branches give different things')
  const rest = Array.from(yes.guards ?? []).filter(
    ([key, { taken }]) => key !== name && no.guards?.get(key)?.taken === taken,
  )
  return tensor(chosen.value, new Map(rest))
}

const BOTH = 'in graphs of TensorFlow 1 both branches are computed'

export const switches: FlowTable = {
  Switch: { convert: divide, limits: BOTH },
  RefSwitch: { convert: divide, limits: BOTH },
  _SwitchN: { convert: divideByNumber, limits: BOTH },
  Merge: { convert: merge, open: true, limits: BOTH },
  RefMerge: { convert: merge, open: true, limits: BOTH },
}
