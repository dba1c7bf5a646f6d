import type { FormatsError } from '../errors.ts'

/**
 * What a pickle would build, as inert nodes: nothing is imported, called or constructed. Shared nodes are the same
 * object, and a pickle may be cyclic: walk with a set of the seen.
 */
export type PickleNode =
  | { readonly kind: 'none' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** `bytes`, `bytearray`, and protocol 0–2 strings that are not text. The content stays in the file. */
  | {
      readonly kind: 'bytes'
      readonly mutable: boolean
      readonly offset: number
      readonly length: number
      read(): Promise<Uint8Array>
    }
  | { readonly kind: 'tuple'; readonly items: readonly PickleNode[] }
  | { readonly kind: 'list'; readonly items: PickleNode[] }
  | { readonly kind: 'set'; readonly frozen: boolean; readonly items: PickleNode[] }
  | { readonly kind: 'dict'; readonly entries: [PickleNode, PickleNode][] }
  | PickleGlobal
  | PickleCall
  | { readonly kind: 'persistent'; readonly id: PickleNode; readonly offset: number }
  | { readonly kind: 'extension'; readonly code: number; readonly offset: number }
  /** Out of band (protocol 5). */
  | { readonly kind: 'buffer'; readonly offset: number }
  | PickleArray

/** A class or function by name: GLOBAL, STACK_GLOBAL, INST. */
export interface PickleGlobal {
  readonly kind: 'global'
  readonly module: string
  readonly name: string
  /** Of the opcode. */
  readonly offset: number
}

/** What loading would make by calling. `state`, `items` and `entries` are what BUILD, APPENDS and SETITEMS add. */
export interface PickleCall {
  readonly kind: 'call'
  readonly via: 'REDUCE' | 'NEWOBJ' | 'NEWOBJ_EX' | 'INST' | 'OBJ'
  readonly callee: PickleNode
  readonly args: PickleNode
  readonly kwargs?: PickleNode
  readonly offset: number
  readonly states: PickleNode[]
  readonly items: PickleNode[]
  readonly entries: [PickleNode, PickleNode][]
}

/** An array that joblib wrote raw into the stream, behind its NumpyArrayWrapper. */
export interface PickleArray {
  readonly kind: 'array'
  /** As numpy's `dtype.str`, or the node that describes a structured one. */
  readonly dtype: PickleNode
  readonly shape: readonly number[]
  readonly fortranOrder: boolean
  /** Of the first element; elements take `length` bytes. */
  readonly offset: number
  readonly length: number
}

/**
 * One run of the symbolic machine, whether it came to its end or not: what was read before a fault would have
 * been executed by a loader before it noticed.
 */
export interface PickleRun {
  readonly protocol: number
  /** What STOP leaves; absent behind a fault. */
  readonly root?: PickleNode
  /** In order of occurrence, used or not. */
  readonly globals: readonly PickleGlobal[]
  readonly calls: readonly PickleCall[]
  /** Byte strings and texts that are long enough to hold a payload. */
  readonly payloads: readonly {
    readonly offset: number
    readonly length: number
    read(): Promise<Uint8Array>
  }[]
  /** Behind STOP: where the next pickle, or something else, begins. */
  readonly end: number
  readonly fault?: FormatsError
  /** The opcodes up to a place, the last ones first: `REDUCE at 40`. */
  traceBefore(offset: number): readonly string[]
}
