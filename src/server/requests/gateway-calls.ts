import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { type Ask, answerEndSchema, type ExportedPart, type RequestsQuery } from '../../api/index.ts'
import { type Milliseconds, randomText } from '../../core/index.ts'

/** How a server reaches a gateway: by the stream that the gateway holds open. */
export interface GatewayLink {
  readonly gateway: string
  send(event: 'ask' | 'feedback', data: unknown): void
}

/** A gateway begins to answer at once, or has no room. */
const BEGIN_MS: Milliseconds = 10_000
const LINE_FEED = 10
/** A record has at most 4 MiB. */
const MAX_LINE_BYTES = 8 * 2 ** 20
const MAX_END_BYTES = 100

interface Call {
  readonly link: GatewayLink
  readonly out: Writable
  readonly ended: (outcome: ExportedPart) => void
  timer: NodeJS.Timeout | undefined
  body: Readable | undefined
  records: number
}

/** Asks gateways for what is on their disks. They have no address here: they answer by calls of their own. */
export class GatewayCalls {
  readonly #links = new Set<GatewayLink>()
  readonly #calls = new Map<string, Call>()

  /** Returns what takes the gateway off again. */
  connect(link: GatewayLink): () => void {
    this.#links.add(link)
    return () => {
      this.#links.delete(link)
      for (const [id, call] of this.#calls)
        if (call.link === link && call.body === undefined) this.#end(id, false)
    }
  }

  /** Tells all gateways but the one that it comes from. */
  tellOthers(event: 'feedback', data: unknown, from: string | undefined): void {
    for (const link of this.#links) if (link.gateway !== from) link.send(event, data)
  }

  /** Writes what all connected gateways answer to `out`, in whole lines; resolves when each is through. */
  requests(query: RequestsQuery, out: Writable): Promise<readonly ExportedPart[]> {
    return this.ask({ requests: query }, out)
  }

  async ask(question: Omit<Ask, 'call'>, out: Writable): Promise<readonly ExportedPart[]> {
    out.setMaxListeners(0)
    const asked = [...this.#links].map(link => {
      const call = randomText(24)
      return new Promise<ExportedPart>(resolve => {
        const timer = setTimeout(() => this.#end(call, false), BEGIN_MS)
        this.#calls.set(call, { link, out, ended: resolve, timer, body: undefined, records: 0 })
        link.send('ask', { call, ...question } satisfies Ask)
        out.once('close', () => this.#end(call, false))
      })
    })
    return Promise.all(asked)
  }

  /** A gateway's answer, as long as somebody reads it. False for a call that nobody waits for. */
  async answer(id: string, body: Readable): Promise<boolean> {
    const call = this.#calls.get(id)
    if (call === undefined || call.body !== undefined) return false
    call.body = body
    clearTimeout(call.timer)
    let whole = false
    try {
      for await (const lines of wholeLines(body)) {
        const end = endIn(lines)
        const text = end === undefined ? lines : lines.subarray(0, end.start)
        call.records += countOf(text)
        if (text.length > 0 && !call.out.write(text)) await drained(call.out)
        whole = end?.records === call.records
      }
    } catch {
      // It went away, or nobody reads any more: told as what is not whole.
    }
    this.#end(id, whole)
    return true
  }

  #end(id: string, whole: boolean): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#calls.delete(id)
    clearTimeout(call.timer)
    call.body?.destroy()
    call.ended({ gateway: call.link.gateway, records: call.records, whole })
  }
}

/** Blocks that end with a line. Throws for a line without an end. */
async function* wholeLines(body: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    if (end > 0) yield bytes.subarray(0, end)
    rest = bytes.subarray(end)
    if (rest.length > MAX_LINE_BYTES) throw new RangeError('a line of an answer is too long')
  }
}

/** Where the last line of a block begins, if that is the end of the answer, and what it says. */
function endIn(lines: Buffer): { readonly start: number; readonly records: number } | undefined {
  const start = lines.length < 2 ? 0 : lines.lastIndexOf(LINE_FEED, lines.length - 2) + 1
  if (lines.length - start > MAX_END_BYTES) return undefined
  try {
    const line = answerEndSchema.safeParse(JSON.parse(lines.toString('utf8', start)))
    return line.success ? { start, records: line.data.end.records } : undefined
  } catch {
    return undefined
  }
}

/** Empty lines say that a gateway lives, and are no records. */
function countOf(lines: Buffer): number {
  let [count, from] = [0, 0]
  for (let at = lines.indexOf(LINE_FEED); at >= 0; at = lines.indexOf(LINE_FEED, from)) {
    if (at > from) count++
    from = at + 1
  }
  return count
}

/** Also when it closes. */
async function drained(out: Writable): Promise<void> {
  if (out.destroyed) throw new Error('nobody reads')
  const stop = new AbortController()
  try {
    await Promise.race([
      once(out, 'drain', { signal: stop.signal }),
      once(out, 'close', { signal: stop.signal }).then(() => {
        throw new Error('nobody reads')
      }),
    ])
  } finally {
    stop.abort()
  }
}
