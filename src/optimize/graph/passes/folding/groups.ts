import type { Value } from '../../../../formats/index.ts'
import { isDeterministic } from '../steps/nondeterministic.ts'
import { sorted } from '../world/order.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { bytesOf } from './sizes.ts'

/** One value within a graph of constants. A runtime holds some of them at once. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024
/** What a group may read and compute in all: a process of its own has to hold it. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024
/**
 * By how much a result may be larger than the constants that it replaces: masks and tables of positions are folded,
 * weights that were stored in fewer bits or spread over an axis stay as they are.
 */
export const MAX_GROWTH_BYTES = 1024 * 1024

/** Stored in fewer bits on purpose, whatever the size. */
const KEPT: ReadonlySet<string> = new Set(['DequantizeLinear', 'QuantizeLinear'])

/** Nodes that compute constants from constants, connected with each other, in an order in which they can run. */
export interface Group {
  readonly nodes: readonly Node[]
  /** Constants that they take. */
  readonly inputs: readonly string[]
  /** What others take of them, or a graph gives. */
  readonly outputs: readonly string[]
  readonly bytes: number
}

/** All such groups; `refuse` is told of nodes whose results would make the model larger by over `MAX_GROWTH_BYTES`. */
export function groupsOf(world: World, refuse: (node: Node) => void): readonly Group[] {
  const found = new Set<string>()
  const nodes: Node[] = []
  for (const body of bodiesOf(world))
    for (const node of sorted(body)) {
      if (!isCandidate(world, node, found)) continue
      nodes.push(node)
      for (const output of node.outputs) if (output !== '') found.add(output)
    }
  return shrunk(world, nodes, refuse)
}

function bodiesOf(world: World): ReadonlySet<Node['body']> {
  const bodies = new Set([world.main])
  for (const node of world.nodes()) bodies.add(node.body)
  return bodies
}

function isCandidate(world: World, node: Node, found: ReadonlySet<string>): boolean {
  if (!isDeterministic(node) || KEPT.has(node.op) || node.inputs.length === 0) return false
  // An Identity of a constant is how a graph gives one.
  if (node.op === 'Identity') return false
  if (!node.inputs.every(input => input === '' || world.constants.has(input) || found.has(input)))
    return false
  return node.outputs.every(output => output === '' || isSmall(world.values.get(output)))
}

const isSmall = (value: Value | undefined) => {
  const bytes = bytesOf(value)
  return bytes !== undefined && bytes <= MAX_VALUE_BYTES
}

/** Groups whose results are worth it; of one that is not, the nodes before its last ones may be. */
function shrunk(world: World, given: readonly Node[], refuse: (node: Node) => void): readonly Group[] {
  let nodes = given
  for (;;) {
    const groups = connected(world, nodes)
    const refused = new Set(groups.filter(group => !isWorthwhile(world, group)).flatMap(lastOf))
    if (refused.size === 0) return groups.filter(group => group.bytes <= MAX_GROUP_BYTES)
    for (const node of refused) refuse(node)
    nodes = nodes.filter(node => !refused.has(node))
  }
}

/** Nodes that give what is taken from outside of the group. */
function lastOf({ nodes, outputs }: Group): readonly Node[] {
  const given = new Set(outputs)
  return nodes.filter(node => node.outputs.some(output => given.has(output)))
}

function isWorthwhile(world: World, { nodes, inputs, outputs }: Group): boolean {
  const own = new Set(nodes)
  const size = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + (bytesOf(world.values.get(name)) ?? Number.POSITIVE_INFINITY), 0)
  const freed = inputs.filter(
    name =>
      bytesOf(world.values.get(name)) !== undefined &&
      !world.isOutput(name) &&
      [...world.users(name)].every(user => own.has(user)),
  )
  return size(outputs) <= size(freed) + MAX_GROWTH_BYTES
}

function connected(world: World, nodes: readonly Node[]): readonly Group[] {
  const leaders = new Map<Node, Node>()
  const leaderOf = (node: Node): Node => {
    let leader = node
    while (leaders.get(leader) !== undefined && leaders.get(leader) !== leader) leader = leaders.get(leader)!
    leaders.set(node, leader)
    return leader
  }
  const inside = new Set(nodes)
  for (const node of nodes) {
    leaders.set(node, node)
    for (const input of node.inputs) {
      const maker = world.maker(input)
      if (maker && inside.has(maker)) leaders.set(leaderOf(maker), leaderOf(node))
    }
  }
  const groups = new Map<Node, Node[]>()
  for (const node of nodes) {
    const leader = leaderOf(node)
    groups.set(leader, [...(groups.get(leader) ?? []), node])
  }
  return Array.from(groups.values(), group => groupOf(world, group))
}

function groupOf(world: World, nodes: readonly Node[]): Group {
  const own = new Set(nodes)
  const made = nodes.flatMap(node => node.outputs).filter(output => output !== '')
  const inside = new Set(made)
  const taken = nodes.flatMap(node => node.inputs).filter(input => input !== '' && !inside.has(input))
  const inputs = [...new Set(taken)]
  const outputs = made.filter(
    output => world.isOutput(output) || [...world.users(output)].some(user => !own.has(user)),
  )
  const bytes = [...inputs, ...made].reduce((sum, name) => sum + (bytesOf(world.values.get(name)) ?? 0), 0)
  return { nodes, inputs, outputs, bytes }
}
