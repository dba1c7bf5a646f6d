import type { Connection, Traffic } from './connection.ts'
import { framed, GrpcConnection } from './grpc.ts'
import { Http1Connection, requestBytes } from './http1.ts'
import type { Plan, Result } from './plan.ts'
import { Recorder } from './recorder.ts'
import { arrivals } from './schedule.ts'

/** What timers round by: so late is the clock's doing, not the server's, and does not count. */
const TIMER_MS = 2
/** Requests that wait for a connection. Beyond, the server has stopped, and more would tell nothing new. */
const MAX_BACKLOG = 200_000
/** Before a lane of a closed loop goes on after its connection failed: a server that is down is not to be hammered. */
const PAUSE_MS = 10

/** A request that is to be sent. Milliseconds from the start. */
interface Due {
  /** By the schedule. */
  readonly at: number
  /** Its latency counts from here. */
  readonly from: number
}

/**
 * Sends requests by a schedule that waits for no answer (open), or keeps a number of them under way (closed).
 *
 * Latency counts from when a request was to be sent, also where no connection was free: a server that stalls for a
 * second is charged with all that would have come in that second (Tene's "coordinated omission"). What the generator
 * itself is late by its timer, up to 2 ms, is not charged; what it is late beyond is, and is told as its lag.
 */
export class LoadGenerator {
  readonly #plan: Plan
  readonly #traffic: Traffic = { bytesIn: 0, bytesOut: 0 }
  readonly #idle = new Set<Connection>()
  readonly #all = new Set<Connection>()
  readonly #connect: () => Connection
  #recorder = new Recorder()
  #backlog: Due[] = []
  #first = 0
  #underWay = 0
  #sent = 0
  #start = 0
  #settled: (() => void) | undefined
  #most = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.#connect = connector(plan, this.#traffic)
  }

  /** Warms up, measures, waits for the last answers. */
  async run(): Promise<Result> {
    const { warmUpMs, durationMs } = this.#plan
    if (warmUpMs > 0) await this.#phase(warmUpMs)
    this.#recorder = new Recorder()
    this.#traffic.bytesIn = 0
    this.#traffic.bytesOut = 0
    const cpu = process.cpuUsage()
    const started = performance.now()
    await this.#phase(durationMs)
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(cpu)
    for (const connection of this.#all) connection.close('over')
    return this.#recorder.result({
      seconds: durationMs / 1000,
      ...this.#traffic,
      cpu: (user + system) / 1e6 / seconds,
      connections: this.#most,
    })
  }

  async #phase(durationMs: number): Promise<void> {
    this.#start = performance.now()
    const settled = new Promise<void>(resolve => {
      this.#settled = resolve
    })
    const { load } = this.#plan
    if (load.kind === 'open') this.#schedule(arrivals(load), durationMs)
    else for (let lane = 0; lane < load.concurrency; lane++) this.#lane(durationMs)
    await settled
  }

  #now(): number {
    return performance.now() - this.#start
  }

  #schedule(times: Iterator<number>, durationMs: number): void {
    let next = times.next().value as number
    const tick = (): void => {
      const now = this.#now()
      for (; next <= now && next < durationMs; next = times.next().value as number) {
        this.#recorder.intended(now - next)
        this.#queue({ at: next, from: now - next <= TIMER_MS ? now : next })
      }
      this.#dispatch()
      if (next < durationMs) {
        setTimeout(tick, next - now)
        return
      }
      this.#scheduled = true
      this.#settle()
    }
    this.#scheduled = false
    tick()
  }

  #scheduled = true

  #queue(due: Due): void {
    if (this.#backlog.length - this.#first < MAX_BACKLOG) this.#backlog.push(due)
    else this.#recorder.ended(due.at, 0, 0, 'never sent')
  }

  /** Sends what is due while there are connections. */
  #dispatch(): void {
    while (this.#first < this.#backlog.length) {
      const due = this.#backlog[this.#first]!
      const now = this.#now()
      if (now - due.from > this.#plan.timeoutMs) {
        this.#first++
        this.#recorder.ended(due.at, now - due.from, 0, 'timeout')
        continue
      }
      const connection = this.#pick()
      if (connection === undefined) break
      this.#first++
      this.#send(connection, due, () => this.#dispatch())
    }
    if (this.#first === this.#backlog.length) {
      this.#backlog = []
      this.#first = 0
    }
    this.#settle()
  }

  #lane(durationMs: number): void {
    const next = (error?: string): void => {
      const now = this.#now()
      if (now >= durationMs) {
        this.#settle()
        return
      }
      const lost = error !== undefined && !error.startsWith('HTTP')
      const connection = lost ? undefined : this.#pick()
      if (connection === undefined) {
        this.#underWay++
        setTimeout(() => {
          this.#underWay--
          next()
        }, PAUSE_MS)
        return
      }
      this.#recorder.intended(0)
      this.#send(connection, { at: now, from: now }, next)
    }
    next()
  }

  #send(connection: Connection, { at, from }: Due, then: (error?: string) => void): void {
    const sentAt = this.#now()
    const recorder = this.#recorder
    this.#underWay++
    const timer = setTimeout(
      () => connection.close('timeout'),
      Math.max(1, from + this.#plan.timeoutMs - sentAt),
    )
    connection.send(this.#sent++, error => {
      clearTimeout(timer)
      const now = this.#now()
      recorder.ended(at, now - from, now - sentAt, error)
      this.#underWay--
      this.#keep(connection)
      then(error)
    })
    this.#keep(connection)
  }

  #pick(): Connection | undefined {
    for (const connection of this.#idle) {
      if (connection.free) return connection
      this.#keep(connection)
    }
    if (this.#all.size >= this.#plan.connections) return undefined
    const connection = this.#connect()
    this.#all.add(connection)
    this.#most = Math.max(this.#most, this.#all.size)
    return connection
  }

  #keep(connection: Connection): void {
    if (connection.broken) this.#all.delete(connection)
    if (connection.free) this.#idle.add(connection)
    else this.#idle.delete(connection)
  }

  #settle(): void {
    if (this.#scheduled && this.#underWay === 0 && this.#backlog.length === this.#first) this.#settled?.()
  }
}

function connector(plan: Plan, traffic: Traffic): () => Connection {
  const url = new URL(plan.url)
  const { insecure } = plan
  if (plan.transport === 'grpc') {
    const messages = plan.requests.map(({ body }) => framed(Buffer.from(body, 'base64')))
    return () => new GrpcConnection(url, plan.headers, messages, traffic, insecure)
  }
  const requests = plan.requests.map(({ body, headers }) =>
    requestBytes(url, plan.method, { ...headers, ...plan.headers }, Buffer.from(body, 'base64')),
  )
  return () => new Http1Connection(url, requests, traffic, insecure)
}
