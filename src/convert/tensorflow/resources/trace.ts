import type { ProgramNode, Reference, TensorflowProgram } from '../../../formats/tensorflow/index.ts'
import { failing } from '../../errors.ts'
import { functionScope, PASSING, type Scope, targetOf } from '../scope.ts'

/** A scope with the call that it stands in for. */
export interface Frame {
  readonly scope: Scope
  readonly caller?: { readonly frame: Frame; readonly node: ProgramNode }
}

/** A node that changes a variable or fills a table, where it runs. */
export interface Effect {
  readonly node: ProgramNode
  readonly frame: Frame
}

/** Where a value comes from. */
export interface Origin {
  readonly node: ProgramNode
  readonly output: number
}

/** Calls of functions while a model is loaded: one for each table, and one that restores. */
const MAX_FRAMES = 100_000
const MAX_DEPTH = 100

const tooMuch = failing('CONVERT_LIMIT', 'No real model needs as much; check where the file comes from.')

const EFFECTS = /^(Assign|AssignVariableOp|InitializeTable\w*|LookupTableImport(V2)?)$/

/** All that is assigned and filled when some nodes of the main graph run: by what they need, and what runs before. */
export async function effectsOf(
  program: TensorflowProgram,
  main: Scope,
  roots: readonly string[],
): Promise<readonly Effect[]> {
  const effects: Effect[] = []
  const frames: { readonly frame: Frame; readonly roots: readonly string[]; readonly depth: number }[] = [
    { frame: { scope: main }, roots, depth: 0 },
  ]
  for (const { frame, roots: from, depth } of frames) {
    for (const node of reached(frame.scope, from)) {
      if (EFFECTS.test(node.op)) effects.push({ node, frame })
      for (const name of calledBy(node)) {
        const found = await program.function(name)
        if (!found || depth >= MAX_DEPTH) continue
        if (frames.length >= MAX_FRAMES)
          throw tooMuch(`Loading the model calls more than ${MAX_FRAMES} functions`)
        const inner = [...found.results.map(({ node: result }) => result), ...found.controls]
        frames.push({
          frame: { scope: functionScope(found), caller: { frame, node } },
          roots: inner,
          depth: depth + 1,
        })
      }
    }
  }
  return effects
}

function calledBy({ op, attributes }: ProgramNode): readonly string[] {
  const called = attributes.get('f')
  return called?.kind === 'function' ? [called.name, op] : [op]
}

function reached({ nodes }: Scope, from: readonly string[]): ReadonlySet<ProgramNode> {
  const found = new Set<ProgramNode>()
  const add = (name: string) => {
    const node = nodes.get(name)
    if (node) found.add(node)
  }
  from.forEach(add)
  for (const { inputs, controls } of found) {
    for (const { node } of inputs) add(node)
    controls.forEach(add)
  }
  return found
}

/** Where an input of an effect comes from: through calls, and what only passes values on. */
export function traced({ node, frame }: Effect, input: number): Origin | undefined {
  let at: Frame = frame
  let reference: Reference | undefined = node.inputs[input]
  let from = node
  for (let left = 10_000; reference && left > 0; left--) {
    const target = targetOf(at.scope, reference, from)
    if (target.kind === 'output') {
      if (!PASSING.has(target.node.op)) return target
      from = target.node
      reference = target.node.inputs[0]
    } else if (at.caller) {
      from = at.caller.node
      reference = at.caller.node.inputs[target.index]
      at = at.caller.frame
    } else return undefined
  }
  return undefined
}

/** Where an input of a node comes from that stands in a frame. */
export function tracedFrom(effect: Effect, origin: Origin, input: number): Origin | undefined {
  for (let frame: Frame | undefined = effect.frame; frame; frame = frame.caller?.frame)
    if (frame.scope.nodes.get(origin.node.name) === origin.node)
      return traced({ node: origin.node, frame }, input)
  return undefined
}
