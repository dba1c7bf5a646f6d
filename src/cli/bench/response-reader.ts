/** Longer heads are no answer of a model. */
const MAX_HEAD = 64 * 1024
const MAX_CHUNK_LINE = 1024

/**
 * Reads the answers of one HTTP/1.1 connection as far as a load generator needs: the status, and where an answer ends.
 * Bodies are dropped as they come.
 */
export class ResponseReader {
  #head = ''
  #status = 0
  /** Bytes of body that are still to come; undefined: until a last chunk, or until the connection ends. */
  #missing: number | undefined
  #mode: 'head' | 'length' | 'chunks' | 'until-close' = 'head'
  #chunk = ''
  #inChunk = 0
  #last = false
  keepsAlive = true

  /** The status when an answer is complete, `broken` for what is no HTTP, else undefined. */
  push(bytes: Buffer): number | 'broken' | undefined {
    let rest = bytes
    if (this.#mode === 'head') {
      const before = this.#head.length
      this.#head += rest.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return this.#head.length > MAX_HEAD ? 'broken' : undefined
      if (!this.#begin(this.#head.slice(0, end))) return 'broken'
      rest = rest.subarray(end + 4 - before)
      this.#head = ''
      // 100 Continue and its like: the answer is still to come.
      if (this.#status < 200) {
        this.#mode = 'head'
        return rest.length > 0 ? this.push(rest) : undefined
      }
    }
    return this.#body(rest)
  }

  /** The connection has ended: the status, where that is how the answer ends. */
  end(): number | undefined {
    return this.#mode === 'until-close' ? this.#status : undefined
  }

  #begin(head: string): boolean {
    const match = /^HTTP\/1\.([01]) (\d{3})/.exec(head)
    if (match === null) return false
    this.#status = Number(match[2])
    const close = /\r\nconnection:[^\r]*close/i.test(head)
    this.keepsAlive = match[1] === '1' ? !close : /\r\nconnection:[^\r]*keep-alive/i.test(head)
    const length = /\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*(?:\r|$)/i.exec(head)?.[1]
    if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#mode = 'chunks'
    else if (this.#status === 204 || this.#status === 304) this.#setLength(0)
    else if (length !== undefined) this.#setLength(Number(length))
    else {
      this.#mode = 'until-close'
      this.keepsAlive = false
    }
    return true
  }

  #setLength(bytes: number): void {
    this.#mode = 'length'
    this.#missing = bytes
  }

  #body(bytes: Buffer): number | 'broken' | undefined {
    if (this.#mode === 'until-close') return undefined
    if (this.#mode === 'chunks') return this.#chunks(bytes)
    this.#missing = (this.#missing ?? 0) - bytes.length
    return this.#missing > 0 ? undefined : this.#complete()
  }

  #chunks(bytes: Buffer): number | 'broken' | undefined {
    let at = 0
    while (at < bytes.length) {
      if (this.#inChunk > 0) {
        const taken = Math.min(this.#inChunk, bytes.length - at)
        this.#inChunk -= taken
        at += taken
        continue
      }
      const end = bytes.indexOf(10, at)
      this.#chunk += bytes.toString('latin1', at, end < 0 ? bytes.length : end)
      if (this.#chunk.length > MAX_CHUNK_LINE) return 'broken'
      if (end < 0) return undefined
      at = end + 1
      const line = this.#chunk.trim()
      this.#chunk = ''
      if (this.#last) {
        if (line === '') return this.#complete()
      } else if (line !== '') {
        const size = /^[0-9a-f]{1,12}/i.exec(line)?.[0]
        if (size === undefined) return 'broken'
        this.#inChunk = Number.parseInt(size, 16)
        this.#last = this.#inChunk === 0
      }
    }
    return undefined
  }

  #complete(): number {
    this.#mode = 'head'
    this.#last = false
    return this.#status
  }
}
