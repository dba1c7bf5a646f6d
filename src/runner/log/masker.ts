import { Automaton } from './automaton.ts'
import { WrappedSearch } from './wrapped.ts'

/** What stands in the log where a secret was. */
export const MASK: Buffer = Buffer.from('[redacted]')

/** One way in which a secret may be written. */
export interface SecretForm {
  readonly bytes: Uint8Array
  /** Encoded text, which programs wrap: line ends may stand in it. */
  readonly wraps: boolean
}

/** Bytes [start, end) of the stream. */
interface Hidden {
  readonly start: number
  readonly end: number
}

/**
 * Replaces secrets in a stream of bytes, however the stream is cut. Every byte that belongs to an occurrence of
 * any secret is hidden: occurrences that overlap become one mask, others one each. Between calls it holds back
 * only the end that may be the beginning of a secret. Takes the same time whatever the secrets and the stream.
 *
 *   secrets "abc", "bcd":  "xabcdx" -> "x[redacted]x"
 */
export class Masker {
  readonly #plain: Automaton
  readonly #wrapped: WrappedSearch | undefined
  readonly #isIdle: boolean
  /** By two bytes: whether a secret may begin with them. */
  readonly #begins = new Uint8Array(1 << 16)
  #state = 0
  /** How many bytes came, and the last of them, that are not decided yet. */
  #taken = 0
  #held: Buffer = Buffer.alloc(0)
  /** Found and not written yet, in order, apart from each other. */
  #hidden: Hidden[] = []
  /** Bytes before this place belong to a secret whose mask is written. */
  #covered = 0

  constructor(secrets: readonly (Uint8Array | SecretForm)[]) {
    const forms = secrets.map(secret => ('bytes' in secret ? secret : { bytes: secret, wraps: false }))
    const plain = forms.filter(({ wraps }) => !wraps).map(({ bytes }) => bytes)
    const wrapped = forms.filter(({ wraps, bytes }) => wraps && bytes.length > 0).map(({ bytes }) => bytes)
    this.#plain = new Automaton(plain)
    this.#wrapped = wrapped.length > 0 ? new WrappedSearch(wrapped) : undefined
    this.#isIdle = forms.every(({ bytes }) => bytes.length === 0)
    for (const { bytes, wraps } of forms) this.#noteBeginning(bytes, wraps)
  }

  #noteBeginning([first, second]: Uint8Array, wraps: boolean): void {
    if (first === undefined) return
    if (second === undefined) this.#begins.fill(1, first << 8, (first + 1) << 8)
    else this.#begins[(first << 8) | second] = 1
    // A line may end behind its first byte.
    if (wraps) for (const end of [0x0a, 0x0d]) this.#begins[(first << 8) | end] = 1
  }

  /** Takes the next bytes; gives those that are decided. */
  push(chunk: Uint8Array): Buffer {
    if (this.#isIdle) return Buffer.from(chunk)
    for (let at = 0; at < chunk.length; at++) {
      at = this.#passOver(chunk, at)
      const byte = chunk[at]!
      this.#taken++
      this.#state = this.#plain.next(this.#state, byte)
      const length = this.#plain.matchAt(this.#state)
      if (length > 0) this.#hide(this.#taken - length)
      const start = this.#wrapped?.push(byte) ?? -1
      if (start >= 0) this.#hide(start)
    }
    const undecided = Math.min(
      this.#taken - this.#plain.openAt(this.#state),
      this.#wrapped?.undecidedFrom ?? this.#taken,
    )
    return this.#give(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]), undecided)
  }

  /** The stream has ended: gives the rest. */
  end(): Buffer {
    const rest = this.#give(this.#held, this.#taken)
    this.#state = 0
    return rest
  }

  /** Nearly all of a log is no secret: gives the next place where one may begin, or the last byte. */
  #passOver(chunk: Uint8Array, from: number): number {
    if (this.#state !== 0 || this.#wrapped?.isIdle === false) return from
    const last = chunk.length - 1
    let at = from
    while (at < last && this.#begins[(chunk[at]! << 8) | chunk[at + 1]!] === 0) at++
    this.#taken += at - from
    this.#wrapped?.pass(chunk, from, at)
    return at
  }

  /** A secret from `start` to the last byte that came. */
  #hide(start: number): void {
    const end = this.#taken
    let from = start
    // Those that it overlaps become one with it.
    for (let last = this.#hidden.at(-1); last && last.end > from; last = this.#hidden.at(-1)) {
      this.#hidden.pop()
      from = Math.min(from, last.start)
    }
    if (from < this.#covered) this.#covered = end
    else this.#hidden.push({ start: from, end })
  }

  /** Writes the bytes before `until`; `bytes` are the last that came. */
  #give(bytes: Uint8Array, until: number): Buffer {
    const first = this.#taken - bytes.length
    const out: Uint8Array[] = []
    let at = Math.min(Math.max(first, this.#covered), until)
    let given = 0
    for (const { start, end } of this.#hidden) {
      if (start >= until) break
      out.push(bytes.subarray(at - first, start - first), MASK)
      this.#covered = end
      at = Math.min(end, until)
      given++
    }
    this.#hidden.splice(0, given)
    out.push(bytes.subarray(at - first, until - first))
    this.#held = Buffer.from(bytes.subarray(until - first))
    return Buffer.concat(out)
  }
}
