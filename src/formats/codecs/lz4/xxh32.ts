const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1
const LANE_BYTES = 16

/** XXH32 with seed 0 of bytes that come in pieces (xxHash's specification, github.com/Cyan4973/xxHash). */
export class Xxh32 {
  #a = (P1 + P2) | 0
  #b = P2 | 0
  #c = 0
  #d = -P1 | 0
  #total = 0
  readonly #rest = new Uint8Array(LANE_BYTES)
  #held = 0

  update(bytes: Uint8Array): this {
    this.#total += bytes.byteLength
    let at = 0
    if (this.#held > 0) {
      at = Math.min(LANE_BYTES - this.#held, bytes.byteLength)
      this.#rest.set(bytes.subarray(0, at), this.#held)
      this.#held += at
      if (this.#held < LANE_BYTES) return this
      this.#stripes(this.#rest, 0, LANE_BYTES)
      this.#held = 0
    }
    const end = bytes.byteLength - ((bytes.byteLength - at) % LANE_BYTES)
    this.#stripes(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#held = bytes.byteLength - end
    return this
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d]
    for (let at = from; at < to; at += LANE_BYTES) {
      a = round(a, view.getUint32(at, true))
      b = round(b, view.getUint32(at + 4, true))
      c = round(c, view.getUint32(at + 8, true))
      d = round(d, view.getUint32(at + 12, true))
    }
    ;[this.#a, this.#b, this.#c, this.#d] = [a, b, c, d]
  }

  digest(): number {
    let hash = P5 | 0
    if (this.#total >= LANE_BYTES)
      hash = (rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18)) | 0
    hash = (hash + this.#total) | 0
    const view = new DataView(this.#rest.buffer)
    let at = 0
    for (; at + 4 <= this.#held; at += 4)
      hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4)
    for (; at < this.#held; at++)
      hash = Math.imul(rotate((hash + Math.imul(this.#rest[at]!, P5)) | 0, 11), P1)
    hash = Math.imul(hash ^ (hash >>> 15), P2)
    hash = Math.imul(hash ^ (hash >>> 13), P3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

export function xxh32(bytes: Uint8Array): number {
  return new Xxh32().update(bytes).digest()
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, P2)) | 0, 13), P1)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
