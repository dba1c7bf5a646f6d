import {
  inputCount,
  type ProgramFunction,
  type ProgramNode,
  type Reference,
  type TensorflowProgram,
} from '../../formats/tensorflow/index.ts'
import { failing } from '../errors.ts'
import type { Value } from '../graph/types.ts'
import { Refusal, type Refusals } from '../refusals.ts'
import { opAttributes } from './attributes.ts'
import { DEAD, type Edge, type Guards, joined, REFUSED, tensor } from './edges.ts'
import { invalidNode, toldAt } from './errors.ts'
import { FLOW } from './flow/index.ts'
import { callPath, placed } from './names.ts'
import { convertOp } from './op-call.ts'
import { OPS } from './ops/index.ts'
import { REFUSED_OPS } from './refused-ops.ts'
import type { Resources } from './resources/resources.ts'
import { functionScope, orderOf, pivotOf, type Scope, targetOf } from './scope.ts'
import { edgeAs, type Outcome, type Spot, type Step } from './step.ts'

/** Calls in calls: real models have some ten. */
const MAX_DEPTH = 100
/** Nodes that are looked at, with those of a function as often as it is called. */
const MAX_STEPS = 500_000

const tooMuch = failing('CONVERT_LIMIT', 'No real model needs as much; check where the file comes from.')

/** Goes through a graph as TensorFlow would run it, and makes ONNX of what it meets. */
export class Walk {
  readonly program: TensorflowProgram
  readonly resources: Resources
  readonly refusals: Refusals
  readonly notes: Set<string> = new Set()
  readonly #scopes = new Map<ProgramFunction, Scope>()
  #steps = 0

  constructor(program: TensorflowProgram, resources: Resources, refusals: Refusals) {
    this.program = program
    this.resources = resources
    this.refusals = refusals
  }

  /** Whether an op is converted, or seen to while converting. */
  isKnown(op: string): boolean {
    return [FLOW, OPS].some(table => Object.hasOwn(table, op))
  }

  /** The scope of a function. Throws CONVERT_INVALID for one that is not there. */
  async functionOf(name: string, node: ProgramNode): Promise<Scope> {
    const found = await this.program.function(name)
    if (!found) throw invalidNode(node, `it calls the function '${name}', which is not in the file`)
    const scope = this.#scopes.get(found) ?? functionScope(found)
    this.#scopes.set(found, scope)
    return scope
  }

  /** What `results` are, with `given` for the scope's arguments. */
  async evaluate(
    scope: Scope,
    given: readonly Edge[],
    spot: Spot,
    results: readonly Reference[] = scope.results,
  ): Promise<readonly Edge[]> {
    if (spot.depth > MAX_DEPTH)
      throw tooMuch(`${scope.name} is called in more than ${MAX_DEPTH} calls, one in the other`)
    const outcomes = new Map<ProgramNode, Outcome>()
    const edgeOf = (reference: Reference, from?: ProgramNode): Edge => {
      const target = targetOf(scope, reference, from)
      const edge =
        target.kind === 'argument' ? given[target.index] : at(outcomes.get(target.node)!, target.output)
      if (edge) return edge
      const node = target.kind === 'output' ? target.node : from
      const message = `its output ${reference.index} is taken, and it has none`
      throw node ? invalidNode(node, message) : tooMuch(`${scope.name}: ${message}`)
    }
    const order = orderOf(scope, results)
    const used = usedOutputs(scope, order, results)
    for (const node of order) {
      if (++this.#steps > MAX_STEPS) throw tooMuch(`More than ${MAX_STEPS} nodes, with those of functions`)
      const inputs = node.inputs.map(input => edgeOf(input, node))
      const pivots = node.controls.flatMap(control => {
        const pivot = pivotOf(scope, control)
        return pivot ? [at(outcomes.get(pivot)!, 0) ?? DEAD] : []
      })
      outcomes.set(node, await this.#run(node, inputs, pivots, scope, spot, used))
    }
    return results.map(result => edgeOf(result))
  }

  async #run(
    node: ProgramNode,
    inputs: readonly Edge[],
    pivots: readonly Edge[],
    scope: Scope,
    spot: Spot,
    used: ReadonlySet<string>,
  ): Promise<Outcome> {
    const flow = Object.hasOwn(FLOW, node.op) ? FLOW[node.op] : undefined
    const merges = node.op === 'Merge' || node.op === 'RefMerge'
    const guards = merges ? new Map() : guardsOf([...inputs, ...pivots])
    if (!guards || pivots.some(({ kind }) => kind === 'dead')) return DEAD
    if (!merges && inputs.some(({ kind }) => kind === 'dead')) return DEAD
    const step = this.#step(node, inputs, scope, spot, used)
    try {
      if (flow) {
        this.#checkCount(node, inputs)
        if (!flow.open && inputs.some(({ kind }) => kind === 'refused')) return REFUSED
        return guarded(await flow.convert(step), guards)
      }
      if (await this.program.function(node.op)) return await this.call(node.op, inputs, step)
      const op = Object.hasOwn(OPS, node.op) ? OPS[node.op] : undefined
      if (!op) return this.#unknown(step)
      if (inputs.some(({ kind }) => kind === 'refused')) return REFUSED
      this.#checkCount(node, inputs)
      return guarded(await convertOp(op, step), guards)
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw toldAt(node, cause)
      this.refusals.add(step.source, cause.why, cause.hint)
      return REFUSED
    }
  }

  /** A function with these arguments, in the place of a node that calls it. */
  async call(name: string, given: readonly Edge[], { node, spot, source }: Step): Promise<readonly Edge[]> {
    const scope = await this.functionOf(name, node)
    if (scope.arguments.size !== given.length)
      throw invalidNode(
        node,
        `it calls '${name}' with ${given.length} values, which takes ${scope.arguments.size}`,
      )
    return this.evaluate(scope, given, { ...spot, prefix: callPath(source.name), depth: spot.depth + 1 })
  }

  #unknown({ node, source }: Step): Edge {
    const refused = Object.hasOwn(REFUSED_OPS, node.op) ? REFUSED_OPS[node.op] : undefined
    this.refusals.add(source, refused?.why, refused?.hint)
    return REFUSED
  }

  #checkCount(node: ProgramNode, inputs: readonly Edge[]): void {
    const count = inputCount(node.op)
    if (!count || (inputs.length >= count.least && (count.more || inputs.length === count.least))) return
    throw invalidNode(
      node,
      `it has ${inputs.length} inputs; ${count.least}${count.more ? ' or more' : ''} are expected`,
    )
  }

  #step(
    node: ProgramNode,
    inputs: readonly Edge[],
    scope: Scope,
    spot: Spot,
    used: ReadonlySet<string>,
  ): Step {
    const source = { name: placed(spot.prefix, node.name), kind: node.op }
    const invalid = (message: string) => invalidNode(node, message)
    return {
      node,
      source,
      spot,
      emitter: spot.emitter.at(source),
      scope,
      inputs,
      attributes: opAttributes(node.attributes, invalid),
      walk: this,
      isUsed: output => used.has(`${node.name}:${output}`),
      value: (input): Value => edgeAs({ inputs, invalid }, input, 'tensor').value,
      invalid,
    }
  }
}

function at(outcome: Outcome, output: number): Edge | undefined {
  return 'kind' in outcome ? outcome : outcome[output]
}

function usedOutputs(
  scope: Scope,
  order: readonly ProgramNode[],
  results: readonly Reference[],
): ReadonlySet<string> {
  const used = new Set<string>()
  const add = (reference: Reference) => {
    const target = targetOf(scope, reference)
    if (target.kind === 'output') used.add(`${target.node.name}:${target.output}`)
  }
  for (const { inputs } of order) inputs.forEach(add)
  results.forEach(add)
  return used
}

/** On which branches a node is with its inputs; undefined where it is on two sides of one. */
function guardsOf(edges: readonly Edge[]): Guards | undefined {
  let all: Guards | undefined = new Map()
  for (const edge of edges) if (edge.kind === 'tensor' && edge.guards && all) all = joined(all, edge.guards)
  return all
}

/** Outputs that have no guards of their own get those of the inputs. */
function guarded(outcome: Outcome, guards: Guards): Outcome {
  if (guards.size === 0 || 'kind' in outcome) return outcome
  return outcome.map(edge => (edge?.kind === 'tensor' && !edge.guards ? tensor(edge.value, guards) : edge))
}
