import type { OnnxGraph } from '../../../formats/index.ts'
import type { Emitter, Value, ValueType } from '../../graph/types.ts'
import { type Edge, REFUSED, tensor } from '../edges.ts'
import { asStacked, type List } from '../lists/list.ts'
import { cast } from '../ops/emit.ts'
import type { FlowConvert, FlowTable, Step } from '../step.ts'
import { functionName } from './calls.ts'
import { scanFunctions } from './scan.ts'
import { commonType, typeOf } from './types.ts'

/** A function to be called on a branch, or edges that are there already. */
export type Branch = (emitter: Emitter) => Promise<readonly Edge[]> | readonly Edge[]

/** If and StatelessIf: a branch that is known to be taken is put in its place. */
const conditional: FlowConvert = async step => {
  const { inputs, node, invalid } = step
  const names = ['then_branch', 'else_branch'].map(name => functionName(node, name, invalid))
  const [first, ...given] = inputs
  if (first?.kind === 'refused') return refusedAll(step, names)
  const condition = truth(step, step.value(0))
  const taken = condition.known?.[0]
  if (typeof taken === 'number') return step.walk.call(names[taken !== 0 ? 0 : 1]!, given, step)
  const [yes, no] = names.map(
    (name): Branch =>
      emitter =>
        step.walk.call(name, given, { ...step, spot: { ...step.spot, emitter } }),
  )
  return choose(step, condition, yes!, no!)
}

/** Case: the last branch is taken for every index that has no other. */
const numbered: FlowConvert = async step => {
  const { inputs, node, emitter, invalid } = step
  const branches = node.attributes.get('branches')
  const names =
    branches?.kind === 'list'
      ? branches.items.flatMap(item => (item.kind === 'function' ? [item.name] : []))
      : []
  const last = names.at(-1)
  if (last === undefined) throw invalid('it has no branches')
  const [first, ...given] = inputs
  if (first?.kind === 'refused') return refusedAll(step, names)
  const index = step.value(0)
  const known = index.known?.[0]
  if (typeof known === 'number') return step.walk.call(names[known] ?? last, given, step)
  const branchAt = (i: number): Branch => {
    const call: Branch = inner =>
      step.walk.call(names[i]!, given, { ...step, spot: { ...step.spot, emitter: inner } })
    if (i === names.length - 1) return call
    return inner => {
      const here = { ...step, emitter: inner.at(step.source) }
      return choose(
        here,
        here.emitter.op('Equal', [index, emitter.scalar('int32', i)]),
        call,
        branchAt(i + 1),
      )
    }
  }
  return branchAt(0)(step.spot.emitter)
}

/** Nothing is converted on a branch whose condition is not there, and yet all ops are looked at. */
async function refusedAll(step: Step, names: readonly string[]): Promise<Edge> {
  await scanFunctions(step, names)
  return REFUSED
}

/** A number is true where it is not 0, a text where it is not empty. */
function truth({ emitter, invalid }: Step, value: Value): Value {
  if (value.dtype === 'bool') return value
  if (value.dtype === 'string') throw invalid('its condition is a text')
  return emitter.op('Not', [
    emitter.op('Equal', [value, cast(emitter, emitter.scalar('int32', 0), value.dtype)]),
  ])
}

/** An If with both branches as bodies. */
export async function choose(
  { emitter, source, invalid }: Pick<Step, 'emitter' | 'source' | 'invalid'>,
  condition: Value,
  yes: Branch,
  no: Branch,
): Promise<readonly Edge[]> {
  const made: (readonly Edge[])[] = []
  const types: (readonly ValueType[])[] = []
  const bodies: OnnxGraph[] = []
  for (const [name, branch] of [['then', yes] as const, ['else', no] as const]) {
    const body = await emitter.body(`${source.name}/${name}`, [], async inner => {
      const edges = await branch(inner)
      const values = edges.map(edge => endOf(edge, inner))
      made.push(edges)
      const given = values.filter(value => value !== undefined)
      types.push(given.map(typeOf))
      return given
    })
    bodies.push(body)
  }
  const [a = [], b = []] = made
  if (a.length !== b.length) throw invalid(`its branches give ${a.length} and ${b.length} values`)
  // What was refused on one side leaves both without the value; the model is refused anyway.
  if ([...a, ...b].some(({ kind }) => kind === 'refused')) return a.map(() => REFUSED)
  const [ofA = [], ofB = []] = types
  if (ofA.length !== ofB.length) throw invalid('its branches give values of different kinds')
  const outputs =
    ofA.length === 0
      ? []
      : emitter.ops('If', [condition], ofA.length, {
          attributes: { then_branch: { graph: bodies[0]! }, else_branch: { graph: bodies[1]! } },
          types: ofA.map((type, i) => commonType(type, ofB[i]!)),
        })
  let next = 0
  return a.map((edge, i): Edge => {
    const other = b[i]!
    if (edge.kind === 'tensor') return tensor(outputs[next++]!)
    if (edge.kind === 'list') return { kind: 'list', list: asList(edge.list, outputs[next++]!) }
    if (isSame(edge, other)) return edge
    throw invalid('its branches give different variables or tables')
  })
}

function isSame(a: Edge, b: Edge): boolean {
  if (a.kind === 'variable' && b.kind === 'variable') return a.variable === b.variable
  if (a.kind === 'table' && b.kind === 'table') return a.table === b.table
  return a.kind === b.kind
}

function asList({ element }: List, stacked: Value): List {
  return { element, stacked }
}

/** What goes through the end of a body; undefined for handles, which are known outside. */
function endOf(edge: Edge, emitter: Emitter): Value | undefined {
  if (edge.kind === 'tensor') return edge.value
  if (edge.kind === 'list') return asStacked(edge.list, emitter)
  return undefined
}

export const branches: FlowTable = {
  If: { convert: conditional, open: true },
  StatelessIf: { convert: conditional, open: true },
  Case: { convert: numbered, open: true },
  StatelessCase: { convert: numbered, open: true },
}
