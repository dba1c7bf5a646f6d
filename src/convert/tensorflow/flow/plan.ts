import type { ProgramNode, Reference } from '../../../formats/tensorflow/index.ts'
import type { Edge } from '../edges.ts'
import { type LoopScopes, orderOf, originOf, PASSING, type Scope } from '../scope.ts'
import { constantNumber } from '../static.ts'

/** What a loop does with one of its values. */
export type Role =
  /** It is the same in all turns. */
  | { readonly kind: 'fixed' }
  | { readonly kind: 'carried' }
  /** A list into which each turn writes `item` behind what the turn before wrote, and that nothing reads. */
  | { readonly kind: 'gathered'; readonly item: Reference }

/** The loop goes round while the value `counter` is less than `bound`: of LessEqual than `bound` + 1. */
export interface Limit {
  readonly counter: number
  readonly bound: Reference
  readonly inclusive: boolean
}

/** Which ops write an element, by their inputs: the list, the index where there is one, and the element. */
const WRITES: Readonly<
  Record<string, { readonly list: number; readonly index?: number; readonly item: number }>
> = {
  TensorListSetItem: { list: 0, index: 1, item: 2 },
  TensorListPushBack: { list: 0, item: 1 },
  TensorArrayWriteV3: { list: 3, index: 1, item: 2 },
}

/** What becomes of each value, told by the body alone. */
export async function rolesOf(
  { condition, body }: LoopScopes,
  inputs: readonly Edge[],
): Promise<readonly Role[]> {
  const roles: Role[] = []
  for (const [i, edge] of inputs.entries()) {
    const end = originOf(body, body.results[i]!)
    if (end.kind === 'argument' && end.index === i) roles.push({ kind: 'fixed' })
    else if (edge.kind === 'list' && !edge.list.stacked)
      roles.push(await listRole({ condition, body }, inputs, i))
    else roles.push({ kind: 'carried' })
  }
  return roles
}

/** What a turn writes into a list of the loop, where nothing else is done with it. */
export function writeOf(
  body: Scope,
  list: number,
): { readonly node: ProgramNode; readonly index?: Reference; readonly item: Reference } | undefined {
  const end = originOf(body, body.results[list]!)
  const node = end.kind === 'output' ? end.node : undefined
  const write = node && Object.hasOwn(WRITES, node.op) ? WRITES[node.op] : undefined
  if (!node || !write) return undefined
  const before = originOf(body, node.inputs[write.list]!)
  const [item, index] = [
    node.inputs[write.item],
    write.index === undefined ? undefined : node.inputs[write.index],
  ]
  if (before.kind !== 'argument' || before.index !== list || !item) return undefined
  if (usersOf(body, list).some(user => user !== node)) return undefined
  return { node, item, ...(index && { index }) }
}

async function listRole({ condition, body }: LoopScopes, inputs: readonly Edge[], i: number): Promise<Role> {
  const carried: Role = { kind: 'carried' }
  const write = writeOf(body, i)
  if (!write || usersOf(condition, i).length > 0) return carried
  const { item } = write
  const edge = inputs[i]!
  if (!write.index)
    return edge.kind === 'list' && edge.list.length?.known?.[0] === 0 ? { kind: 'gathered', item } : carried
  const index = originOf(body, write.index)
  if (index.kind !== 'argument' || !(await isCounter(body, index.index))) return carried
  const start = inputs[index.index]
  const fromZero = start?.kind === 'tensor' && start.value.known?.[0] === 0
  return fromZero ? { kind: 'gathered', item } : carried
}

/** Nodes that take an argument, other than those that only pass it on. */
function usersOf(scope: Scope, argument: number): readonly ProgramNode[] {
  return orderOf(scope, scope.results).filter(
    node =>
      !PASSING.has(node.op) &&
      node.inputs.some(input => {
        const origin = originOf(scope, input)
        return origin.kind === 'argument' && origin.index === argument
      }),
  )
}

/** Whether each turn adds 1. */
export async function isCounter(body: Scope, argument: number): Promise<boolean> {
  const end = originOf(body, body.results[argument]!)
  if (end.kind === 'argument' || !/^Add(V2)?$/.test(end.node.op)) return false
  const [a, b] = end.node.inputs
  if (!a || !b) return false
  const isSelf = (reference: Reference) => {
    const origin = originOf(body, reference)
    return origin.kind === 'argument' && origin.index === argument
  }
  if (isSelf(a)) return (await constantNumber(body, b)) === 1
  return isSelf(b) && (await constantNumber(body, a)) === 1
}

/** What keeps the loop going, where that is counters below bounds and nothing else. */
export async function limitsOf(
  { condition, body }: LoopScopes,
  roles: readonly Role[],
): Promise<readonly Limit[] | undefined> {
  const limits: Limit[] = []
  const pending: Reference[] = [condition.results[0]!]
  for (let reference = pending.pop(); reference; reference = pending.pop()) {
    const end = originOf(condition, reference)
    if (end.kind === 'argument' || limits.length + pending.length > 16) return undefined
    const { op, inputs } = end.node
    const [a, b] = inputs
    if (!a || !b) return undefined
    if (op === 'LogicalAnd') {
      pending.push(a, b)
      continue
    }
    const swapped = op.startsWith('Greater')
    if (!/^(Less|Greater)(Equal)?$/.test(op)) return undefined
    const [low, bound] = swapped ? [b, a] : [a, b]
    const counter = originOf(condition, low)
    if (counter.kind !== 'argument' || !(await isCounter(body, counter.index))) return undefined
    if (!isFixed(condition, bound, roles)) return undefined
    limits.push({ counter: counter.index, bound, inclusive: op.endsWith('Equal') })
  }
  return limits
}

function isFixed(condition: Scope, reference: Reference, roles: readonly Role[]): boolean {
  const origin = originOf(condition, reference)
  if (origin.kind === 'argument') return roles[origin.index]?.kind === 'fixed'
  return origin.node.op === 'Const'
}
