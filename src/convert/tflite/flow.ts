import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import type { LiteConversion, Values } from './convert.ts'
import type { LiteCall } from './op.ts'

type Flow = (conversion: LiteConversion, call: LiteCall) => Promise<readonly (Value | undefined)[]>

/** What a subgraph gives for these inputs, in a body. */
async function body(
  conversion: LiteConversion,
  index: number,
  inputs: readonly Value[],
  emitter: Emitter,
): Promise<readonly Value[]> {
  const graph = conversion.subgraph(index)
  const values: Values = new Map()
  for (const [i, place] of graph.inputs.entries()) if (inputs[i]) values.set(place, inputs[i])
  await conversion.graph(graph, values, emitter)
  const given = await Promise.all(graph.outputs.map(place => conversion.value(graph, place, values, emitter)))
  if (given.every(value => value !== undefined)) return given as readonly Value[]
  throw new Refusal('a graph in it could not be converted')
}

const typeOf = ({ dtype }: Value, shape: readonly (number | string | null)[]) => ({ dtype, shape })

/** IfOptions: 0 then, 1 else. The condition is a tensor of one element. */
const branch: Flow = async (conversion, call) => {
  const { emitter: b, inputs, options, outputs } = call
  const [condition, ...rest] = inputs.filter(value => value !== undefined)
  const made = async (slot: number, name: string) => {
    const index = await options.int(slot)
    return b.body(name, [], emitter => body(conversion, index, rest, emitter))
  }
  const [yes, no] = [await made(0, 'then'), await made(1, 'else')]
  const one = b.op('Reshape', [condition, b.ints([])])
  const types = outputs.map(({ dtype, shape }, i) => ({ dtype: yes.outputs[i]?.dtype ?? dtype, shape }))
  return b.ops('If', [one], outputs.length, {
    attributes: { then_branch: { graph: yes }, else_branch: { graph: no } },
    types,
  })
}

/** WhileOptions: 0 condition, 1 body. Each round gives the next one's inputs. */
const loop: Flow = async (conversion, call) => {
  const { emitter: b, inputs, options, outputs } = call
  const state = inputs.filter(value => value !== undefined)
  const [condition, step] = [await options.int(0), await options.int(1)]
  const asked = async (emitter: Emitter, values: readonly Value[]) => {
    const [goes] = await body(conversion, condition, values, emitter)
    return emitter.op('Reshape', [goes, emitter.ints([])])
  }
  const first = await asked(b, state)
  const declared = state.map((value, i) => typeOf(value, outputs[i]?.shape ?? value.shape ?? []))
  const round = await b.body(
    'body',
    [{ dtype: 'int64', shape: [] }, { dtype: 'bool', shape: [] }, ...declared],
    async (emitter, [, , ...values]) => {
      const next = await body(conversion, step, values, emitter)
      return [await asked(emitter, next), ...next]
    },
  )
  return b.ops('Loop', [undefined, first, ...state], state.length, {
    attributes: { body: { graph: round } },
    types: declared,
  })
}

const FLOWS: Readonly<Record<string, Flow>> = { IF: branch, WHILE: loop }

/** Names of control flow, for coverage. */
export const FLOW_NAMES: readonly string[] = Object.keys(FLOWS)

export function flowOf(name: string): Flow | undefined {
  return Object.hasOwn(FLOWS, name) ? FLOWS[name] : undefined
}
