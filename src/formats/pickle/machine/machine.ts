import type { ByteSource } from '../../../core/index.ts'
import type { FormatsError } from '../../errors.ts'
import { fail, MAX_NODE_BYTES, MAX_OPCODES, MIN_PAYLOAD_BYTES } from '../limits.ts'
import type {
  PickleBytes,
  PickleCall,
  PickleGlobal,
  PickleMutation,
  PickleNode,
  PicklePayload,
} from '../types.ts'
import { type Content, type Form, peekContent, readContent } from './content.ts'
import { Cursor } from './cursor.ts'
import { Memo } from './memo.ts'
import { Stack } from './stack.ts'
import { Trace } from './trace.ts'

/** What runs share: nested pickles and the pickles of one file count together. */
export class Budget {
  opcodes = 0
  /** Of nodes, as estimated. */
  bytes = 0
  readonly most: number

  constructor(most: number = MAX_NODE_BYTES) {
    this.most = most
  }
}

/** What was seen, in order of occurrence. */
export interface Seen {
  readonly globals: PickleGlobal[]
  readonly calls: PickleCall[]
  readonly payloads: PicklePayload[]
  readonly mutations: PickleMutation[]
  readonly persistent: Extract<PickleNode, { kind: 'persistent' }>[]
  readonly extensions: Extract<PickleNode, { kind: 'extension' }>[]
  /** Reads over the end of a frame. */
  readonly ambiguous: number[]
  readonly trace: Trace
}

export function nothingSeen(): Seen {
  return {
    globals: [],
    calls: [],
    payloads: [],
    mutations: [],
    persistent: [],
    extensions: [],
    ambiguous: [],
    trace: new Trace(),
  }
}

/** Runs a machine to its STOP. */
export type Nested = (machine: Machine) => Promise<void>

/** Bytes of a node in memory without its contents, of a place in a list or in the memo: measured with V8 13.6. */
export const NODE_BYTES = 112
export const SLOT_BYTES = 12

/** The state of one unpickling: what the opcodes' handlers work on. Each pickle has its own memo and stack. */
export class Machine {
  readonly source: ByteSource
  readonly cursor: Cursor
  readonly stack: Stack
  readonly memo: Memo = new Memo()
  readonly seen: Seen
  readonly budget: Budget
  /** joblib's arrays stand in the stream. */
  readonly joblib: boolean
  protocol = 0
  /** Of the opcode that runs. */
  at = 0
  /** STOP's. */
  root: PickleNode | undefined

  readonly #nested: Nested

  constructor(
    source: ByteSource,
    start: number,
    joblib: boolean,
    seen: Seen,
    budget: Budget,
    nested: Nested,
  ) {
    this.#nested = nested
    this.source = source
    this.cursor = new Cursor(source, start, joblib, seen.ambiguous)
    this.joblib = joblib
    this.seen = seen
    this.budget = budget
    this.stack = new Stack({
      malformed: message => this.malformed(message),
      limit: message => fail.limit(this.place, message),
    })
  }

  get place(): { readonly name: string; readonly offset: number } {
    return { name: this.source.name, offset: this.at }
  }

  /** Runs a plain pickle that stands in the stream, and goes on behind it. */
  async runNested(start: number): Promise<PickleNode> {
    const inner = new Machine(this.source, start, false, this.seen, this.budget, this.#nested)
    await this.#nested(inner)
    this.cursor.rawPosition = inner.cursor.position
    return inner.root!
  }

  malformed(message: string): FormatsError {
    return fail.malformed(this.place, message)
  }

  /** A new node, charged. */
  push(node: PickleNode, bytes = 0): void {
    this.charge(NODE_BYTES + bytes)
    this.stack.push(node)
  }

  /** Takes bytes of the budget. Throws FORMAT_LIMIT. */
  charge(bytes: number): void {
    const { budget } = this
    budget.bytes += bytes
    if (budget.bytes > budget.most)
      throw fail.limit(this.place, `its objects take more than ${budget.most} bytes`)
  }

  /** Counts an opcode that begins at `at`. Throws FORMAT_LIMIT. */
  count(): void {
    if (++this.budget.opcodes > MAX_OPCODES) throw fail.limit(this.place, `more than ${MAX_OPCODES} opcodes`)
  }

  /** A byte string that stays in the file. */
  bytes(offset: number, length: number, options: { mutable?: boolean; escaped?: true } = {}): PickleBytes {
    const { source } = this
    const { mutable = false, escaped } = options
    const form: Form = escaped ? 'string-escapes' : 'plain'
    const read = () => readContent(source, { offset, length, form })
    return { kind: 'bytes', mutable, offset, length, ...(escaped && { escaped }), read }
  }

  /** Records content that may hold something. */
  payload(kind: PicklePayload['kind'], content: Content): void {
    const { offset, length } = content
    if (length < MIN_PAYLOAD_BYTES) return
    this.charge(2 * NODE_BYTES)
    const { source } = this
    this.seen.payloads.push({
      kind,
      offset,
      length,
      read: () => readContent(source, content),
      peek: least => peekContent(source, content, least),
    })
  }
}

/** What one opcode does; a promise where it takes a read. */
export type Handler = (machine: Machine) => void | Promise<void>
