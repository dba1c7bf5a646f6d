import type { Attributes, OnnxEntries, OnnxGraph, OnnxNode } from '../../../../formats/index.ts'

/** A node while passes work on it. Its inputs, outputs and bodies change through the world only. */
export interface Node {
  readonly name: string
  op: string
  domain: string
  readonly overload: string
  readonly inputs: string[]
  readonly outputs: string[]
  /** Without those that are graphs. */
  attributes: Attributes
  /** Graphs of If, Loop and Scan, by attribute. */
  readonly bodies: ReadonlyMap<string, Body>
  /** Of `OnnxNode`, as it was. */
  readonly metadata: OnnxEntries | undefined
  /** The graph it stands in. */
  body: Body
}

/** One graph, the main one or a body. */
export interface Body {
  readonly given: OnnxGraph
  /** Names of what it is given: of a body, those it has here. */
  readonly inputs: readonly string[]
  readonly outputs: string[]
  readonly nodes: Set<Node>
  /** Names of constants that this graph gives as they are: those of a body must stand in it. */
  readonly own: Set<string>
}

/** What a pass asks for. */
export interface NewNode extends Pick<OnnxNode, 'op' | 'inputs' | 'outputs'> {
  readonly attributes?: Attributes
  /** The node whose place in the graph, name and metadata it has. */
  readonly like: Node
}
