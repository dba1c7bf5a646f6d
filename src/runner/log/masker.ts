/** What stands in the log where a secret was. */
export const MASK: Buffer = Buffer.from('[redacted]')

/**
 * Replaces secrets in a stream of bytes, however the stream is cut. Every byte that belongs to an occurrence of
 * any secret is hidden: occurrences that overlap become one mask, others one each. Between calls it holds back
 * only the end that may be the beginning of a secret: at most the longest secret less one byte.
 *
 *   secrets "abc", "bcd":  "xabcdx" -> "x[redacted]x"
 */
export class Masker {
  readonly #secrets: readonly Buffer[]
  readonly #firstBytes: ReadonlySet<number>
  readonly #longest: number
  /** Bytes not decided yet, and those before them that a found secret may still cover. */
  #held: Buffer = Buffer.alloc(0)
  /** How many bytes at the start of `#held` belong to a secret that was found (and whose mask is written). */
  #covered = 0

  constructor(secrets: readonly Uint8Array[]) {
    // Longest first, so that the first match at a place is the one that covers most.
    this.#secrets = secrets
      .filter(({ length }) => length > 0)
      .map(secret => Buffer.from(secret))
      .sort((a, b) => b.length - a.length)
    this.#firstBytes = new Set(this.#secrets.map(secret => secret[0]!))
    this.#longest = this.#secrets[0]?.length ?? 0
  }

  /** Takes the next bytes; gives those that are decided. */
  push(chunk: Uint8Array): Buffer {
    if (this.#longest === 0) return Buffer.from(chunk)
    const bytes = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    return this.#decide(bytes, this.#undecidedFrom(bytes))
  }

  /** The stream has ended: gives the rest. */
  end(): Buffer {
    return this.#decide(this.#held, this.#held.length)
  }

  #decide(bytes: Buffer, end: number): Buffer {
    const out: Buffer[] = []
    let covered = this.#covered
    for (const { at, length } of this.#occurrences(bytes, end)) {
      if (at >= covered) out.push(bytes.subarray(covered, at), MASK)
      covered = Math.max(covered, at + length)
    }
    if (covered < end) out.push(bytes.subarray(covered, end))
    this.#held = Buffer.from(bytes.subarray(end))
    this.#covered = Math.max(0, covered - end)
    return out.length === 1 ? out[0]! : Buffer.concat(out)
  }

  /** Where secrets begin before `end`, in order; the longest at each place. */
  *#occurrences(bytes: Buffer, end: number): Generator<{ at: number; length: number }> {
    const next = this.#secrets.map(secret => bytes.indexOf(secret))
    for (;;) {
      let best = -1
      for (let i = 0; i < next.length; i++) {
        const at = next[i]!
        if (at >= 0 && at < end && (best < 0 || at < next[best]!)) best = i
      }
      if (best < 0) return
      const at = next[best]!
      yield { at, length: this.#secrets[best]!.length }
      for (let i = 0; i < next.length; i++) {
        if (next[i] === at) next[i] = bytes.indexOf(this.#secrets[i]!, at + 1)
      }
    }
  }

  /** The first place from which the rest is the beginning, but not the whole, of a secret. */
  #undecidedFrom(bytes: Buffer): number {
    for (let from = Math.max(0, bytes.length - this.#longest + 1); from < bytes.length; from++) {
      if (!this.#firstBytes.has(bytes[from]!)) continue
      const rest = bytes.length - from
      for (const secret of this.#secrets) {
        if (secret.length > rest && secret.compare(bytes, from, bytes.length, 0, rest) === 0) return from
      }
    }
    return bytes.length
  }
}
