import type { Place } from '../../errors.ts'
import type { SignatureDef } from '../savedmodel/signature.ts'
import type { StoredTensor } from '../tensors.ts'
import type { Reference } from './references.ts'

/** Sizes, null where they are free; undefined where the rank is not known. */
export type GraphShape = readonly (number | null)[] | undefined

/** What a node says of its op, whole and exact. */
export type AttributeValue =
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  /** bigint beyond 2^53. */
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** Number of a DataType. */
  | { readonly kind: 'type'; readonly value: number }
  | { readonly kind: 'shape'; readonly shape: GraphShape }
  | { readonly kind: 'tensor'; readonly tensor: StoredTensor }
  | { readonly kind: 'function'; readonly name: string }
  /** Of a function's node: an attribute of its caller. */
  | { readonly kind: 'placeholder'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly AttributeValue[] }

/** By name. Those that begin with `_` say nothing of what an op computes, and are left out. */
export type NodeAttributes = ReadonlyMap<string, AttributeValue>

export interface ProgramNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly Reference[]
  /** Names of nodes that run before. */
  readonly controls: readonly string[]
  readonly attributes: NodeAttributes
  /** For messages: where in a file it stands. */
  readonly place: Place
}

export interface FunctionArgument {
  readonly name: string
  /** Number of a DataType; 0 where an attribute of the function says it. */
  readonly dtype: number
}

export interface ProgramFunction {
  readonly name: string
  readonly arguments: readonly FunctionArgument[]
  /** What each output is, in order. */
  readonly results: readonly Reference[]
  /** Names of nodes that run with each call, whoever takes what they give. */
  readonly controls: readonly string[]
  readonly nodes: readonly ProgramNode[]
  /** The function's own attributes, as `api_implements`; texts only. */
  readonly attributes: NodeAttributes
}

/** A graph that can be computed step by step: all that a description leaves out. */
export interface TensorflowProgram {
  /** Of the main graph. */
  readonly nodes: readonly ProgramNode[]
  /** A function of the library, read when it is asked for first. */
  function(name: string): Promise<ProgramFunction | undefined>
  /** Ways to call the model; none in a frozen graph. */
  readonly signatures: readonly SignatureDef[]
  /** Nodes that run when the model is loaded: they fill tables. */
  readonly initializers: readonly string[]
  /** The node that reads the checkpoint into variables; empty where there is none. */
  readonly restore: string
  /** Paths of assets in the model's tree, by the node that gets them. */
  readonly assets: ReadonlyMap<string, string>
  /** A tensor of the checkpoint, by its key. */
  checkpoint(key: string): StoredTensor | undefined
}
