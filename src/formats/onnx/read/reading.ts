import type { Range, Wire } from '../../protobuf/wire.ts'
import { checkLocation } from '../external.ts'
import {
  MAX_ATTRIBUTES,
  MAX_GRAPHS,
  MAX_HELD_BYTES,
  MAX_INITIALIZERS,
  MAX_NODES,
  MAX_STRING_BYTES,
  overLimit,
} from '../limits.ts'

/** Bytes of memory that a text or a dimension takes beside its own. */
export const OVERHEAD = 16

/** Reading one model: its bytes, and what was taken from them so far against the limits. */
export class Reading {
  readonly wire: Wire
  /** Whether the scanner reads, which lists what leads out of the folder instead of stopping there. */
  readonly #lenient: boolean
  #held = 0
  #graphs = 0
  #nodes = 0
  #attributes = 0
  #tensors = 0

  constructor(wire: Wire, lenient = false) {
    this.wire = wire
    this.#lenient = lenient
  }

  /** A name or other text that is kept. */
  async text(range: Range, what: string, most: number = MAX_STRING_BYTES): Promise<string> {
    this.hold(range.end - range.start + OVERHEAD)
    return this.wire.text(range, most, what)
  }

  hold(bytes: number): void {
    this.#held += bytes
    if (this.#held > MAX_HELD_BYTES)
      throw overLimit(`${this.wire.source.name}: names and texts have more than ${MAX_HELD_BYTES} bytes`)
  }

  countGraph(): void {
    if (++this.#graphs > MAX_GRAPHS)
      throw overLimit(`${this.wire.source.name}: more than ${MAX_GRAPHS} graphs`)
  }

  countNode(): void {
    if (++this.#nodes > MAX_NODES) throw overLimit(`${this.wire.source.name}: more than ${MAX_NODES} nodes`)
  }

  countAttribute(): void {
    if (++this.#attributes > MAX_ATTRIBUTES)
      throw overLimit(`${this.wire.source.name}: more than ${MAX_ATTRIBUTES} attributes`)
  }

  countTensor(): void {
    if (++this.#tensors > MAX_INITIALIZERS)
      throw overLimit(`${this.wire.source.name}: more than ${MAX_INITIALIZERS} tensors`)
  }

  /** Throws ONNX_EXTERNAL_PATH. */
  external(location: string, tensor: string): void {
    if (!this.#lenient) checkLocation(location, tensor)
  }
}
