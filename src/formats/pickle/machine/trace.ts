import { MAX_TRACED, TRACE_LENGTH } from '../limits.ts'
import { OPCODES } from '../opcodes/names.ts'

/** The opcodes of a run with their places, the first `MAX_TRACED` of them. */
export class Trace {
  #codes = new Uint8Array(1024)
  #offsets = new Float64Array(1024)
  #count = 0

  add(code: number, offset: number): void {
    if (this.#count >= MAX_TRACED) return
    if (this.#count === this.#codes.length) this.#grow()
    this.#codes[this.#count] = code
    this.#offsets[this.#count++] = offset
  }

  /** The opcode at a place and those that ran before it, the last one first; empty where nothing ran. */
  before(offset: number): readonly string[] {
    let last = this.#offsets.subarray(0, this.#count).lastIndexOf(offset)
    // A place within an argument: the last opcode that stands before it.
    if (last < 0) last = this.#offsets.subarray(0, this.#count).findLastIndex(at => at < offset)
    const told: string[] = []
    for (let i = last; i >= 0 && told.length < TRACE_LENGTH; i--) {
      const code = this.#codes[i]!
      told.push(`${OPCODES.get(code) ?? `byte ${code}`} at ${this.#offsets[i]}`)
    }
    return told
  }

  #grow(): void {
    const codes = new Uint8Array(this.#codes.length * 2)
    codes.set(this.#codes)
    const offsets = new Float64Array(this.#offsets.length * 2)
    offsets.set(this.#offsets)
    this.#codes = codes
    this.#offsets = offsets
  }
}
