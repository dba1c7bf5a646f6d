import type { ProgramNode, Reference } from '../../../formats/tensorflow/index.ts'
import { invalidNode } from '../errors.ts'
import { keyOf, type LoopScopes, type Scope, scopeOf } from '../scope.ts'

/** Loops of TensorFlow 1: each value of a loop goes Enter → Merge → Switch → … → NextIteration, and leaves by Exit. */
const OPS = {
  enter: /^(Ref)?Enter$/,
  merge: /^(Ref)?Merge$/,
  switch: /^(Ref)?Switch$/,
  next: /^(Ref)?NextIteration$/,
  exit: /^(Ref)?Exit$/,
  condition: /^(Ref)?LoopCond$/,
} as const

/** One value that a loop changes, with the nodes that it goes through. */
interface Variable {
  readonly merge: ProgramNode
  readonly enter: ProgramNode
  readonly next: ProgramNode
  switch?: ProgramNode
  exit?: ProgramNode
}

interface Frame {
  readonly enters: ProgramNode[]
  readonly variables: Variable[]
  condition?: ProgramNode
}

/**
 * The main graph with loops of TensorFlow 1 as single nodes (While, in the place of LoopCond), whose condition and
 * body are scopes over the same nodes. Throws CONVERT_INVALID for loops that are not whole.
 */
export function mainScope(
  nodes: readonly ProgramNode[],
  given: readonly string[],
  results: readonly Reference[],
): Scope {
  if (!nodes.some(({ op }) => OPS.enter.test(op))) return scopeOf('the graph', nodes, given, results)
  const frames = framesOf(nodes)
  const replaced = new Map<string, ProgramNode>()
  const loops = new Map<string, LoopScopes>()
  for (const frame of frames) for (const node of loopNodes(frame)) replaced.set(node.name, node)
  const scope = scopeOf(
    'the graph',
    nodes.map(node => replaced.get(node.name) ?? node),
    given,
    results,
  )
  for (const frame of frames)
    if (frame.condition) loops.set(frame.condition.name, scopesOf({ ...scope, loops }, frame))
  return { ...scope, loops }
}

function framesOf(nodes: readonly ProgramNode[]): readonly Frame[] {
  const byName = new Map(nodes.map(node => [node.name, node]))
  const frames = new Map<string, Frame>()
  const frameOf = new Map<ProgramNode, Frame>()
  for (const node of nodes) {
    if (!OPS.enter.test(node.op)) continue
    const name = node.attributes.get('frame_name')
    if (name?.kind !== 'text') throw invalidNode(node, 'it does not say into which loop')
    const text = Buffer.from(name.bytes).toString()
    const frame = frames.get(text) ?? { enters: [], variables: [] }
    frames.set(text, frame)
    frame.enters.push(node)
    frameOf.set(node, frame)
  }
  const variables = new Map<ProgramNode, { readonly variable: Variable; readonly frame: Frame }>()
  for (const merge of nodes) {
    if (!OPS.merge.test(merge.op)) continue
    const inputs = merge.inputs.flatMap(({ node }) => byName.get(node) ?? [])
    const enter = inputs.find(({ op }) => OPS.enter.test(op))
    const next = inputs.find(({ op }) => OPS.next.test(op))
    if (!enter) continue
    const frame = frameOf.get(enter)!
    if (!next?.inputs[0]) throw invalidNode(merge, 'the loop that begins here does not go round')
    const variable = { merge, enter, next }
    variables.set(merge, { variable, frame })
    frame.variables.push(variable)
  }
  for (const node of nodes) {
    const [first, second] = node.inputs.map(input => byName.get(input.node))
    if (OPS.switch.test(node.op) && second && OPS.condition.test(second.op)) {
      const found = first && variables.get(first)
      if (!found) continue
      found.variable.switch = node
      found.frame.condition = second
    }
  }
  const bySwitch = new Map(Array.from(variables.values(), ({ variable }) => [variable.switch, variable]))
  for (const node of nodes) {
    const variable = OPS.exit.test(node.op) ? bySwitch.get(byName.get(node.inputs[0]?.node ?? '')) : undefined
    if (variable) variable.exit = node
  }
  return [...frames.values()]
}

/** Values that a loop does not change: those that enter it, and go through no Merge. */
function constantsOf({ enters, variables }: Frame): readonly ProgramNode[] {
  const changed = new Set(variables.map(({ enter }) => enter))
  return enters.filter(enter => !changed.has(enter))
}

/** The node of the loop, and Identity nodes in the places of its exits. */
function loopNodes(frame: Frame): readonly ProgramNode[] {
  const { condition, variables } = frame
  if (!condition) return []
  const inputs = [...variables.map(({ enter }) => enter), ...constantsOf(frame)].map(enter =>
    firstInput(enter),
  )
  const exits = variables.flatMap(({ exit }, i) =>
    exit ? [{ ...exit, op: 'Identity', inputs: [{ node: condition.name, index: i }], controls: [] }] : [],
  )
  return [{ ...condition, op: 'While', inputs, controls: [] }, ...exits]
}

function scopesOf(scope: Scope, frame: Frame): LoopScopes {
  const { condition, variables } = frame
  const constants = constantsOf(frame)
  const fixed = constants.map(({ name }, i) => [keyOf(name, 0), variables.length + i] as const)
  const ends: readonly Reference[] = [
    ...variables.map(({ next }) => firstInput(next)),
    ...constants.map(({ name }) => ({ node: name, index: 0 })),
  ]
  const merged = variables.map(({ merge }, i) => [keyOf(merge.name, 0), i] as const)
  const turned = variables.flatMap(({ switch: one }, i) => (one ? [[keyOf(one.name, 1), i] as const] : []))
  const name = `the loop '${condition!.name}'`
  return {
    condition: {
      ...scope,
      name,
      arguments: new Map([...merged, ...fixed]),
      results: [firstInput(condition!)],
    },
    body: { ...scope, name, arguments: new Map([...turned, ...fixed]), results: ends },
  }
}

function firstInput(node: ProgramNode): Reference {
  const [first] = node.inputs
  if (first) return first
  throw invalidNode(node, 'it has no input')
}
