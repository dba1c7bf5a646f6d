import type { Address } from '../../api/index.ts'
import { FrameClient, nameOf } from '../frames/index.ts'
import { Breaker } from './traffic/breaker.ts'

const FIRST_RETRY_MS = 10
const LAST_RETRY_MS = 1000
/** A host closes the connection when a replica that slept has started; should it not, it is asked again after this. */
const ASK_AGAIN_MS = 1000

/** The way to one replica: a connection, or the attempt to have one. */
export class Link {
  readonly replica: string
  readonly address: Address
  readonly breaker: Breaker = new Breaker()
  readonly #onUp: () => void
  /** It starts, by its host's word; until then at the latest. */
  #asleepUntil = Number.NEGATIVE_INFINITY
  #client: FrameClient | undefined
  #lostClient: FrameClient | undefined
  #retired = false
  #retry: NodeJS.Timeout | undefined
  #pause = FIRST_RETRY_MS

  /** `onUp`: it can be asked, maybe again. */
  constructor(replica: string, address: Address, onUp: () => void = () => {}) {
    this.#onUp = onUp
    this.replica = replica
    this.address = address
    void this.#connect()
  }

  /** Undefined while there is no connection. */
  get client(): FrameClient | undefined {
    // A client tells its waiting requests that it is lost before it tells us.
    return this.#client?.closed ? undefined : this.#client
  }

  /** It said that it is asleep: it starts, and is asked again when its connection is another. */
  slept(): void {
    this.#asleepUntil = performance.now() + ASK_AGAIN_MS
  }

  /** Whether it starts just now. */
  waking(now: number): boolean {
    return now < this.#asleepUntil
  }

  /** Whether this is the first word of a connection's loss: with it all its requests are lost, and it is one failure. */
  lost(client: FrameClient): boolean {
    const first = client !== this.#lostClient
    this.#lostClient = client
    return first
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
      this.#asleepUntil = Number.NEGATIVE_INFINITY
      this.#onUp()
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
  /** A replica can be asked. */
  onUp: () => void = () => {}

  /** The link to a replica; made when it is new. Call `keep` when the table is read. */
  link(replica: string, address: Address): Link {
    const key = `${replica} ${nameOf(address)}`
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new Link(replica, address, () => this.onUp())
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

  links(): Iterable<Link> {
    return this.#links.values()
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

/**
 * The link with the fewest requests under way, of those that are connected and awake and whose breaker is closed; by lot
 * among equals. Where the breakers of more than half are open, it is not they who fail: then all are taken again.
 */
export function idlest(
  links: readonly Link[],
  except?: Link,
  now: number = performance.now(),
): Link | undefined {
  return fewest(links, except, now, isPanic(links, now))
}

function fewest(
  links: readonly Link[],
  except: Link | undefined,
  now: number,
  panic: boolean,
): Link | undefined {
  let best: Link | undefined
  let least = Number.POSITIVE_INFINITY
  const start = links.length > 1 ? Math.floor(Math.random() * links.length) : 0
  for (let i = 0; i < links.length; i++) {
    const link = links[(start + i) % links.length]!
    const busy = link.client?.inFlight
    if (busy === undefined || busy >= least || link === except || link.waking(now)) continue
    if (!panic && !link.breaker.admits(now)) continue
    best = link
    least = busy
  }
  return best
}

function isPanic(links: readonly Link[], now: number): boolean {
  let [connected, barred] = [0, 0]
  for (const { client, breaker } of links) {
    if (client === undefined) continue
    connected++
    if (!breaker.admits(now)) barred++
  }
  return barred * 2 > connected
}
