import type { ProgramNode } from '../../formats/tensorflow/index.ts'
import type { ConvertError } from '../errors.ts'
import type { Emitter, Source, Value } from '../graph/types.ts'
import type { Edge } from './edges.ts'
import type { OpAttributes } from './op.ts'
import type { Scope } from './scope.ts'
import type { Walk } from './walk.ts'

/** Where in the model something is converted. */
export interface Spot {
  /** Adds nodes to the graph that is made, or to a body in it. */
  readonly emitter: Emitter
  /** What stands before names in a function: the path of its call. */
  readonly prefix: string
  /** Calls in calls. */
  readonly depth: number
}

/** An op that is no function from values to values, to be converted. */
export interface Step {
  readonly node: ProgramNode
  readonly source: Source
  readonly spot: Spot
  /** Adds nodes in the op's name. */
  readonly emitter: Emitter
  readonly scope: Scope
  readonly inputs: readonly Edge[]
  readonly attributes: OpAttributes
  readonly walk: Walk
  isUsed(output: number): boolean
  /** An input that must be a tensor. Throws CONVERT_INVALID for another. */
  value(input: number): Value
  invalid(message: string): ConvertError
}

/** An edge for each output, or one that stands for all of them. */
export type Outcome = readonly (Edge | undefined)[] | Edge

export type FlowConvert = (step: Step) => Outcome | Promise<Outcome>

export interface FlowOp {
  readonly convert: FlowConvert
  readonly limits?: string
  /**
   * It looks at inputs itself whose maker was refused, and whose branch is not taken: what it calls must be looked at
   * all the same. Of others all outputs are refused, or not taken.
   */
  readonly open?: true
}

export type FlowTable = Readonly<Record<string, FlowOp>>

/** The kinds of edges, in the user's words. */
const KINDS = {
  tensor: 'a tensor',
  variable: 'a variable',
  table: 'a table',
  list: 'a list of tensors',
  handle: 'a handle',
  dead: 'nothing',
  refused: 'nothing',
} as const

/** The edge as the kind that an op takes. Throws what `invalid` makes. */
export function edgeAs<K extends Edge['kind']>(
  { inputs, invalid }: Pick<Step, 'inputs' | 'invalid'>,
  input: number,
  kind: K,
): Extract<Edge, { readonly kind: K }> {
  const edge = inputs[input]
  if (edge?.kind === kind) return edge as Extract<Edge, { readonly kind: K }>
  throw invalid(
    `its input ${input} is ${edge ? KINDS[edge.kind] : 'missing'}, and ${KINDS[kind]} is expected`,
  )
}
