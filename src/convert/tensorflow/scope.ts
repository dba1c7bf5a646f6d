import {
  outputOf,
  type ProgramFunction,
  type ProgramNode,
  type Reference,
} from '../../formats/tensorflow/index.ts'
import { failing } from '../errors.ts'
import { invalidNode } from './errors.ts'

/** Nodes among which names are looked up: the main graph, a function, a loop of TensorFlow 1. */
export interface Scope {
  /** For messages: the function's name, or `the graph`. */
  readonly name: string
  readonly nodes: ReadonlyMap<string, ProgramNode>
  /** What is given from outside, by `node:output`. */
  readonly arguments: ReadonlyMap<string, number>
  readonly results: readonly Reference[]
  /** Whether it has branches of TensorFlow 1, in which an order (`^name`) says that a node is on one. */
  readonly branched: boolean
  /** Loops of TensorFlow 1, by the name of their node. */
  readonly loops?: ReadonlyMap<string, LoopScopes>
  /** Of a function: `api_implements`, `api_preferred_device`. */
  readonly attributes?: ProgramFunction['attributes']
}

/** Condition and body of a loop, both with an argument for each of its values. */
export interface LoopScopes {
  readonly condition: Scope
  readonly body: Scope
}

/** What a reference leads to. */
export type Target =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'output'; readonly node: ProgramNode; readonly output: number }

const invalid = failing(
  'CONVERT_INVALID',
  'The graph contradicts itself: save the model again with TensorFlow.',
)

const SWITCHES = new Set(['Switch', 'RefSwitch', '_SwitchN'])

/** Throws CONVERT_INVALID for two nodes of one name. */
export function scopeOf(
  name: string,
  nodes: readonly ProgramNode[],
  given: readonly string[],
  results: readonly Reference[],
): Scope {
  const byName = new Map<string, ProgramNode>()
  for (const node of nodes) {
    if (byName.has(node.name)) throw invalidNode(node, `there are two nodes of this name in ${name}`)
    byName.set(node.name, node)
  }
  return {
    name,
    nodes: byName,
    arguments: new Map(given.map((key, i) => [key, i])),
    results,
    branched: nodes.some(({ op }) => SWITCHES.has(op)),
  }
}

export function functionScope(one: ProgramFunction): Scope {
  const given = one.arguments.map(argument => keyOf(argument.name, 0))
  return {
    ...scopeOf(`the function '${one.name}'`, one.nodes, given, one.results),
    attributes: one.attributes,
  }
}

export function keyOf(node: string, output: number): string {
  return `${node}:${output}`
}

/** Throws CONVERT_INVALID for a name that nothing has, or an output that its op does not have. */
export function targetOf(scope: Scope, reference: Reference, from?: ProgramNode): Target {
  const node = scope.nodes.get(reference.node)
  const output = node ? outputOf(node.op, reference) : reference.index
  const argument = output === undefined ? undefined : scope.arguments.get(keyOf(reference.node, output))
  if (argument !== undefined) return { kind: 'argument', index: argument }
  if (node && output !== undefined) return { kind: 'output', node, output }
  const { node: name, output: named, index } = reference
  const text = `'${name}${named === undefined ? '' : `:${named}`}:${index}' is not in ${scope.name}`
  throw from ? invalidNode(from, `it takes a value that is not there: ${text}`) : invalid(text)
}

/** The node that an order names, where it puts what follows on a branch: it passes the value of a Switch on. */
export function pivotOf(scope: Scope, control: string): ProgramNode | undefined {
  const node = scope.branched ? scope.nodes.get(control) : undefined
  const first = node?.op === 'Identity' ? node.inputs[0] : undefined
  const before = first && scope.nodes.get(first.node)
  return before && SWITCHES.has(before.op) ? node : undefined
}

/** Nodes that results need, each behind those that it needs itself. Throws CONVERT_INVALID for a cycle. */
export function orderOf(scope: Scope, results: readonly Reference[]): readonly ProgramNode[] {
  const order: ProgramNode[] = []
  const state = new Map<ProgramNode, 'open' | 'done'>()
  const stack: { readonly node: ProgramNode; readonly needs: readonly ProgramNode[]; at: number }[] = []
  const visit = (node: ProgramNode) => {
    state.set(node, 'open')
    stack.push({ node, needs: needsOf(scope, node), at: 0 })
  }
  for (const result of results) {
    const target = targetOf(scope, result)
    if (target.kind === 'argument' || state.has(target.node)) continue
    visit(target.node)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.needs[top.at++]
      if (!next) {
        state.set(top.node, 'done')
        order.push(top.node)
        stack.pop()
      } else if (!state.has(next)) visit(next)
      else if (state.get(next) === 'open')
        throw invalidNode(
          next,
          `it needs its own value, through '${top.node.name}', and there is no loop around it`,
        )
    }
  }
  return order
}

function needsOf(scope: Scope, node: ProgramNode): ProgramNode[] {
  const needs: ProgramNode[] = []
  for (const input of node.inputs) {
    const target = targetOf(scope, input, node)
    if (target.kind === 'output') needs.push(target.node)
  }
  for (const control of node.controls) {
    const pivot = pivotOf(scope, control)
    if (pivot) needs.push(pivot)
  }
  return needs
}

/** Ops that give what they get. */
export const PASSING: ReadonlySet<string> = new Set([
  'Identity',
  'RefIdentity',
  'StopGradient',
  'PreventGradient',
  'Snapshot',
  'CheckNumerics',
  'CheckNumericsV2',
  'DeepCopy',
])

/** Where a value comes from, behind all that only passes it on. */
export function originOf(scope: Scope, reference: Reference): Target {
  let target = targetOf(scope, reference)
  // A chain is no longer than there are nodes.
  for (let left = scope.nodes.size; left > 0; left--) {
    if (target.kind === 'argument' || !PASSING.has(target.node.op) || !target.node.inputs[0]) return target
    target = targetOf(scope, target.node.inputs[0], target.node)
  }
  return target
}
