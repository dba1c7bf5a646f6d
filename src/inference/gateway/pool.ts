import type { Address } from '../../api/index.ts'
import { FrameClient, nameOf } from '../frames/index.ts'

const FIRST_RETRY_MS = 10
const LAST_RETRY_MS = 1000

/** The way to one replica: a connection, or the attempt to have one. */
export class Link {
  readonly replica: string
  readonly address: Address
  #client: FrameClient | undefined
  #retired = false
  #retry: NodeJS.Timeout | undefined
  #pause = FIRST_RETRY_MS

  constructor(replica: string, address: Address) {
    this.replica = replica
    this.address = address
    void this.#connect()
  }

  /** Undefined while there is no connection. */
  get client(): FrameClient | undefined {
    // A client tells its waiting requests that it is lost before it tells us.
    return this.#client?.closed ? undefined : this.#client
  }

  /** Nothing new is sent; the connection ends with the last answer that is due. */
  retire(): void {
    this.#retired = true
    clearTimeout(this.#retry)
    this.closeWhenIdle()
  }

  closeWhenIdle(): void {
    if (!this.#retired || this.#client === undefined) return
    if (this.#client.inFlight === 0) this.#client.close()
    else this.#retry = setTimeout(() => this.closeWhenIdle(), 50)
  }

  close(): void {
    this.#retired = true
    clearTimeout(this.#retry)
    this.#client?.close()
  }

  async #connect(): Promise<void> {
    try {
      const client = await FrameClient.open(this.address)
      if (this.#retired) {
        client.close()
        return
      }
      client.onClose = () => this.#lost()
      this.#client = client
      this.#pause = FIRST_RETRY_MS
    } catch {
      this.#lost()
    }
  }

  #lost(): void {
    this.#client = undefined
    if (this.#retired) return
    this.#retry = setTimeout(() => void this.#connect(), this.#pause)
    this.#pause = Math.min(this.#pause * 2, LAST_RETRY_MS)
  }
}

/** One link for each replica that the routing table names, kept over changes of the table. */
export class Pool {
  readonly #links = new Map<string, Link>()

  /** The link to a replica; made when it is new. Call `keep` when the table is read. */
  link(replica: string, address: Address): Link {
    const key = `${replica} ${nameOf(address)}`
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new Link(replica, address)
      this.#links.set(key, link)
    }
    return link
  }

  /** Retires all others. What is under way on them is still answered. */
  keep(links: ReadonlySet<Link>): void {
    for (const [key, link] of this.#links) {
      if (links.has(link)) continue
      this.#links.delete(key)
      link.retire()
    }
  }

  get inFlight(): number {
    let sum = 0
    for (const link of this.#links.values()) sum += link.client?.inFlight ?? 0
    return sum
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }
}

/** The link with the fewest requests under way, of those that are connected; by lot among equals. */
export function idlest(links: readonly Link[], except?: Link): Link | undefined {
  let best: Link | undefined
  let fewest = Number.POSITIVE_INFINITY
  const start = links.length > 1 ? Math.floor(Math.random() * links.length) : 0
  for (let i = 0; i < links.length; i++) {
    const link = links[(start + i) % links.length]!
    const busy = link.client?.inFlight
    if (busy === undefined || busy >= fewest || link === except) continue
    best = link
    fewest = busy
  }
  return best
}
