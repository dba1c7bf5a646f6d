import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Finish,
  finishSchema,
  heartbeatSchema,
  type LeaseRequest,
  type LfsFiles,
  leaseRequestSchema,
  type Offer,
} from '../../../src/api/index.ts'
import { type Digest, digestOf, Signal } from '../../../src/core/index.ts'
import { commands } from '../../../src/pipeline/index.ts'
import { type TarItem, tarOf } from './tar.ts'

/** What a test knows of an attempt that it gave out. */
export interface Given {
  readonly offer: Offer
  log: Buffer
  started: boolean
  sandboxed: boolean
  cancel: boolean
  /** Its lease was taken away: every call about it answers 409. */
  lost: boolean
  beats: number
  finish: Finish | undefined
}

export const COMMIT: string = 'c'.repeat(40)
export const RUNNER_TOKEN = 'runner-token-that-nobody-may-see'

/**
 * A small control plane in memory that speaks the runner's wire: gives offers in order, keeps logs by offset,
 * blobs by digest. Its port can be closed and opened again, as after a restart.
 */
export class FakeControlPlane {
  readonly attempts = new Map<string, Given>()
  readonly blobs = new Map<string, Buffer>()
  readonly changed = new Signal<void>()
  /** What runners asked for. */
  readonly leases: LeaseRequest[] = []
  sourceReads = 0
  /** By digest, how often a blob was fetched. */
  readonly blobReads = new Map<string, number>()
  lfsFiles: LfsFiles = { files: [], missing: [] }
  #queue: Offer[] = []
  #source: Buffer
  #server: Server | undefined
  #port = 0
  #number = 0

  constructor(source: readonly TarItem[] = [{ path: 'hello.txt', content: 'hello\n' }]) {
    this.#source = tarOf(source)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async open(): Promise<this> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(error => {
        response.statusCode = 500
        response.end(String(error))
      })
    })
    this.#server = server
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    return this
  }

  async close(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }

  /** Puts a job into the queue. */
  offer(change: Partial<Offer> & { readonly steps?: readonly string[] }): Given {
    const { steps = ['true'], ...rest } = change
    const number = ++this.#number
    const offer: Offer = {
      attempt: `att_${number}`,
      job: `job_${number}`,
      jobName: `job ${number}`,
      pipeline: 'ppl_1',
      project: 'digits',
      number: 1,
      fence: number,
      leaseMs: 3000,
      token: `attempt-token-${number}-that-nobody-may-see`,
      commit: COMMIT,
      work: structuredClone(commands(steps)) as Offer['work'],
      env: {},
      secrets: [],
      timeoutMs: 60_000,
      artifacts: [],
      inputs: [],
      ...rest,
    }
    const given: Given = {
      offer,
      log: Buffer.alloc(0),
      started: false,
      sandboxed: false,
      cancel: false,
      lost: false,
      beats: 0,
      finish: undefined,
    }
    this.attempts.set(offer.attempt, given)
    this.#queue.push(offer)
    this.changed.emit()
    return given
  }

  /** Takes an offer out of the queue, as if a runner had it. */
  taken(given: Given): void {
    this.#queue = this.#queue.filter(offer => offer !== given.offer)
  }

  putBlob(content: string): { digest: Digest; size: number } {
    const bytes = Buffer.from(content)
    const digest = digestOf(bytes)
    this.blobs.set(digest, bytes)
    return { digest, size: bytes.length }
  }

  /** Resolves when `condition` holds, looked at on every call of the runner; rejects after `ms`. */
  async until(what: string, condition: () => boolean, ms = 20_000): Promise<void> {
    if (condition()) return
    await new Promise<void>((resolve, reject) => {
      const off = this.changed.on(() => {
        if (!condition()) return
        clearTimeout(timer)
        off()
        resolve()
      })
      const timer = setTimeout(() => {
        off()
        const logs = [...this.attempts.values()].map(({ log, finish }) => `${log}\n${JSON.stringify(finish)}`)
        reject(new Error(`Waited ${ms} ms for: ${what}\n${logs.join('\n')}`))
      }, ms)
    })
  }

  async finished(given: Given, ms?: number): Promise<Finish> {
    await this.until(`${given.offer.attempt} to finish`, () => given.finish !== undefined, ms)
    return given.finish!
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    if (url.pathname === '/api/v1/agents/runner/lease') {
      if (token !== RUNNER_TOKEN) return fail(response, 401, 'UNAUTHENTICATED')
      return this.#lease(request, response)
    }
    const [, id = '', way = '', rest = ''] =
      /^\/api\/v1\/attempts\/([^/]+)\/([a-z]+)(?:\/(.+))?$/.exec(url.pathname) ?? []
    const given = this.attempts.get(id)
    if (!given || token !== given.offer.token) return fail(response, 401, 'UNAUTHENTICATED')
    const body = await read(request)
    if (given.lost) return fail(response, 409, 'LEASE_LOST')
    const answer = this.#attempt(given, `${request.method} ${way}`, url, rest, body)
    if (answer === undefined) return fail(response, 404, 'NOT_FOUND')
    response.end(answer)
    this.changed.emit()
  }

  #attempt(given: Given, route: string, url: URL, rest: string, body: Buffer): string | Buffer | undefined {
    switch (route) {
      case 'GET source':
        this.sourceReads++
        return this.#source
      case 'GET lfs':
        return JSON.stringify(this.lfsFiles)
      case 'GET blobs':
        this.blobReads.set(rest, (this.blobReads.get(rest) ?? 0) + 1)
        return this.blobs.get(rest)
      case 'PUT blobs':
        if (digestOf(body) !== rest) throw new Error('digest mismatch')
        this.blobs.set(rest, body)
        return '{}'
      case 'POST heartbeat': {
        const beat = heartbeatSchema.parse(JSON.parse(body.toString()))
        given.beats++
        given.started ||= beat.started
        given.sandboxed = beat.sandboxed
        return JSON.stringify({ cancel: given.cancel })
      }
      case 'POST log': {
        const offset = Number(url.searchParams.get('offset'))
        if (offset > given.log.length) throw new Error(`hole in the log at ${given.log.length}`)
        given.log = Buffer.concat([given.log, body.subarray(given.log.length - offset)])
        return JSON.stringify({ length: given.log.length })
      }
      case 'POST finish':
        given.finish = finishSchema.parse(JSON.parse(body.toString()))
        return '{}'
      default:
        return undefined
    }
  }

  async #lease(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const lease = leaseRequestSchema.parse(JSON.parse((await read(request)).toString()))
    const { capacity } = lease
    this.leases.push(lease)
    this.changed.emit()
    const give = (): boolean => {
      if (this.#queue.length === 0 || response.destroyed) return false
      response.end(JSON.stringify({ offers: this.#queue.splice(0, capacity) }))
      return true
    }
    if (give()) return
    const off = this.changed.on(() => {
      if (give()) off()
    })
    response.once('close', off)
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status
  response.end(JSON.stringify({ error: { code, message: code } }))
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
