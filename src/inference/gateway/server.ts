import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { InferenceError } from '../errors.ts'
import { Bodies } from './body.ts'
import { metricsText } from './metrics.ts'
import { idlest } from './pool.ts'
import { Prediction } from './prediction.ts'
import { type Asked, askedBy, environmentOf, timeoutOf } from './request.ts'
import { sendAnswer, sendError, sendJson } from './respond.ts'
import { affinityOf, type RouteTargets, type Target } from './routing.ts'
import { type GatewayState, versionOf } from './state.ts'

/** Longer than any proxy keeps its idle connections, so that the proxy ends them, not we under its next request. */
const KEEP_ALIVE_MS = 75_000
const HEADERS_TIMEOUT_MS = 30_000
/** A body over a slow line. */
const REQUEST_TIMEOUT_MS = 300_000
const METADATA_TIMEOUT_MS = 5000
/** More clients than a machine has ports are an attack. */
const MAX_CONNECTIONS = 20_000

type ModelAsked = Extract<Asked, { kind: 'model' }>

export interface GatewayServerOptions {
  readonly version: string
  readonly maxBodyBytes: number
  /** Something was counted. */
  readonly onCounted: () => void
}

/** The HTTP side of a gateway. Health is answered here, by a process that runs no model. */
export class GatewayServer {
  readonly http: Server
  readonly #state: GatewayState
  readonly #options: GatewayServerOptions
  readonly #bodies: Bodies

  constructor(state: GatewayState, options: GatewayServerOptions) {
    this.#state = state
    this.#options = options
    this.#bodies = new Bodies(options.maxBodyBytes)
    this.http = createServer(
      {
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        noDelay: true,
      },
      (request, response) => this.#handle(request, response),
    )
    this.http.maxConnections = MAX_CONNECTIONS
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.#answer(askedBy(request.method ?? '', request.url ?? ''), request, response)
    } catch (error) {
      sendError(response, error)
    }
  }

  #answer(asked: Asked, request: IncomingMessage, response: ServerResponse): void {
    switch (asked.kind) {
      case 'model':
        this.#model(asked, request, response)
        break
      case 'live':
        sendJson(response, 200, '{"live":true}')
        break
      case 'ready':
        sendJson(response, this.#state.ready ? 200 : 503, `{"ready":${this.#state.ready}}`)
        break
      case 'metrics':
        sendJson(response, 200, metricsText(this.#state), 'text/plain; version=0.0.4; charset=utf-8')
        break
      case 'server': {
        const { version } = this.#options
        sendJson(
          response,
          200,
          JSON.stringify({ name: 'ballast', version, extensions: ['binary_tensor_data'] }),
        )
      }
    }
  }

  #model(asked: ModelAsked, request: IncomingMessage, response: ServerResponse): void {
    const route = this.#state.route(environmentOf(request), asked.model)
    if (asked.what === 'ready') {
      const ready = isReady(route, asked.version)
      sendJson(response, ready ? 200 : 503, JSON.stringify({ name: asked.model, ready }))
      return
    }
    this.#state.allow(route, request.headers.authorization)
    if (asked.what === 'metadata') this.#metadata(route, asked, response)
    else this.#infer(route, asked, request, response)
  }

  #infer(
    route: RouteTargets,
    { model, version }: ModelAsked,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const cameAt = performance.now()
    const timeoutMs = timeoutOf(request)
    const environment = environmentOf(request)
    const affinity = request.headers['ballast-affinity']
    const draw = typeof affinity === 'string' ? affinityOf(affinity) : Math.random()
    // Refused before the body is read, where it is for nobody.
    if (version !== undefined) versionOf(route, version)
    this.#bodies.collect(request, body => {
      if (body instanceof InferenceError) {
        sendError(response, body)
        return
      }
      const choose = () => {
        const route = this.#state.route(environment, model)
        return { route, target: this.#state.choose(route, version, draw), pinned: version !== undefined }
      }
      const onEnd = () => this.#bodies.release(body.bytes)
      const { onCounted } = this.#options
      new Prediction({ request, response, choose, body, cameAt, timeoutMs, onCounted, onEnd })
    })
  }

  #metadata(route: RouteTargets, asked: ModelAsked, response: ServerResponse): void {
    const target = this.#state.choose(route, asked.version, 1)
    void this.#askMetadata(target, response).catch(error => sendError(response, error))
  }

  async #askMetadata(target: Target, response: ServerResponse): Promise<void> {
    const client = idlest(target.links)?.client
    if (client === undefined) {
      throw new InferenceError('NO_REPLICA', {
        message: `No replica of version ${target.versionNumber} can be reached`,
        hint: 'Try again soon.',
      })
    }
    sendAnswer(response, await client.request('metadata', METADATA_TIMEOUT_MS), target)
  }
}

/** Whether a request would find a replica at once. */
function isReady(route: RouteTargets, version: number | undefined): boolean {
  const targets = version === undefined ? route.arms : [versionOf(route, version)]
  return targets.some(({ links }) => idlest(links) !== undefined)
}
