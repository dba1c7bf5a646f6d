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
  | PickleText
  | PickleBytes
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

/** `str`. */
export interface PickleText {
  readonly kind: 'text'
  /** All of it, or the beginning where `whole` is there. */
  readonly value: string
  /** Of a text above `MAX_TEXT_BYTES`: where it stands, and in which form. */
  readonly whole?: {
    readonly offset: number
    readonly length: number
    readonly encoding: 'utf-8' | 'raw-unicode-escape'
  }
}

/** `bytes`, `bytearray`, and protocol 0–2 strings that are not ASCII or long. The content stays in the file. */
export interface PickleBytes {
  readonly kind: 'bytes'
  readonly mutable: boolean
  readonly offset: number
  readonly length: number
  /** The range holds backslash escapes (protocol 0's STRING); `read` resolves them. */
  readonly escaped?: true
  read(): Promise<Uint8Array>
}

/** A class or function by name: GLOBAL, STACK_GLOBAL, INST. */
export interface PickleGlobal {
  readonly kind: 'global'
  /** Exactly as it stands, a carriage return included; empty where it is `computed`. */
  readonly module: string
  readonly name: string
  /** Of the opcode. */
  readonly offset: number
  /** In force at the opcode: from 4 on, dots in `name` lead to attributes of attributes. */
  readonly protocol: number
  /** STACK_GLOBAL's operands where they are not both plain text: what is loaded can't be told. */
  readonly computed?: { readonly module: PickleNode; readonly name: PickleNode }
  /** What Python 3 loads instead of Python 2's name (protocols 0 to 2). */
  readonly renamed?: { readonly module: string; readonly name: string }
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

/** Content that may hold something else: another pickle, an archive, code. */
export interface PicklePayload {
  readonly kind: 'bytes' | 'text'
  /** Of the content as it stands in the file; `read` resolves the escapes of protocol 0. */
  readonly offset: number
  readonly length: number
  /** At most 1 GiB: throws FORMAT_LIMIT above. A text comes as UTF-8. */
  read(): Promise<Uint8Array>
  /** The beginning, at least `least` bytes where there are as many; a text's may end within a character. */
  peek(least: number): Promise<Uint8Array>
}

/**
 * A change of something that the pickle did not make: SETITEM on a module's dictionary, APPEND to `sys.path`, BUILD
 * on a class. A loader calls the target's `extend`, `append`, `__setitem__`, `add` or `__setstate__`.
 */
export interface PickleMutation {
  readonly via: 'BUILD' | 'APPENDS' | 'SETITEMS' | 'ADDITEMS'
  readonly target: PickleNode
  /** Of SETITEMS, keys and values in turn. */
  readonly values: readonly PickleNode[]
  readonly offset: number
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
  readonly payloads: readonly PicklePayload[]
  /** BUILD, APPENDS, SETITEMS and ADDITEMS on anything but a call's result or a container of their kind. */
  readonly mutations: readonly PickleMutation[]
  /** Persistent ids, which the loader resolves. */
  readonly persistent: readonly Extract<PickleNode, { kind: 'persistent' }>[]
  /** EXT1, EXT2, EXT4: classes by number, from the loader's registry. */
  readonly extensions: readonly Extract<PickleNode, { kind: 'extension' }>[]
  /**
   * Opcodes whose arguments reach over the end of their frame. CPython reads them as this run did from memory, and
   * otherwise from a file object without `peek`: what such a pickle does depends on how it is loaded.
   */
  readonly ambiguous: readonly number[]
  /** Opcodes that were run, those of nested pickles included. */
  readonly opcodes: number
  /** Behind STOP: where the next pickle, or something else, begins. */
  readonly end: number
  readonly fault?: FormatsError
  /** The opcodes up to a place, the last ones first: `REDUCE at 40`. */
  traceBefore(offset: number): readonly string[]
}
