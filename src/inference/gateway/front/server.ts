import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { codeOf, InferenceError, statusOf } from '../../errors.ts'
import { idlest } from '../pool.ts'
import { type GatewayState, versionOf } from '../state.ts'
import { expose } from '../telemetry/metrics.ts'
import type { RequestTrace, Telemetry } from '../telemetry/trace.ts'
import { type Admitted, admit, type Caller } from '../traffic/admission.ts'
import { Prediction } from '../traffic/prediction.ts'
import type { RouteTargets, Target } from '../traffic/routing.ts'
import { Bodies } from './body.ts'
import { type Asked, askedBy, environmentOf, timeoutOf } from './request.ts'
import { sendAnswer, sendError, sendJson } from './respond.ts'

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
  readonly telemetry: Telemetry
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
      case 'metrics': {
        const { text, type } = expose(this.#state, request.headers.accept)
        sendJson(response, 200, text, type)
        break
      }
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
    if (asked.what === 'infer') {
      this.#infer(asked, request, response)
      return
    }
    const route = this.#state.route(environmentOf(request), asked.model)
    if (asked.what === 'ready') {
      const ready = isReady(route, asked.version)
      sendJson(response, ready ? 200 : 503, JSON.stringify({ name: asked.model, ready }))
      return
    }
    this.#state.allow(route, request.headers.authorization)
    this.#metadata(route, asked, response)
  }

  #infer({ model, version }: ModelAsked, request: IncomingMessage, response: ServerResponse): void {
    const header = headersOf(request)
    const trace = this.#options.telemetry.begin({
      method: request.method ?? '',
      path: request.url ?? '',
      remoteAddress: request.socket.remoteAddress ?? '',
      header,
    })
    const caller = callerOf(response, trace)
    const refused = (error: unknown): void => {
      caller.fail(error)
      trace.end({ status: statusOf(error), code: codeOf(error), model })
    }
    let admitted: Admitted
    try {
      admitted = admit(this.#state, {
        environment: environmentOf(request),
        model,
        version,
        protocol: 'oip',
        header,
        remoteAddress: request.socket.remoteAddress ?? '',
        cameAt: performance.now(),
        timeoutMs: timeoutOf(request),
        trace,
      })
    } catch (error) {
      refused(error)
      return
    }
    this.#bodies.collect(request, body => {
      if (body instanceof InferenceError) {
        refused(body)
        return
      }
      const prediction = new Prediction({
        admitted,
        caller,
        body,
        onCounted: this.#options.onCounted,
        onEnd: end => {
          this.#bodies.release(body.bytes)
          trace.end(end)
        },
      })
      response.once('close', () => prediction.abandon())
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

function headersOf({ headers }: IncomingMessage): (name: string) => string | undefined {
  return name => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
}

function callerOf(response: ServerResponse, { requestId }: RequestTrace): Caller {
  response.setHeader('ballast-request-id', requestId)
  return {
    answer: (answer, target) => {
      if (!response.destroyed) sendAnswer(response, answer, target)
    },
    fail: error => sendError(response, error),
  }
}

/** Whether a request would find a replica at once. */
function isReady(route: RouteTargets, version: number | undefined): boolean {
  const targets = version === undefined ? route.arms : [versionOf(route, version)]
  return targets.some(({ links }) => idlest(links) !== undefined)
}
