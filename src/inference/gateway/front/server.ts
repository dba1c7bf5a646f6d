import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { InferenceError } from '../../errors.ts'
import { idlest } from '../pool.ts'
import { type GatewayState, versionOf } from '../state.ts'
import { expose } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/trace.ts'
import type { RouteTargets, Target } from '../traffic/routing.ts'
import { Bodies } from './body.ts'
import type { Exchange } from './exchange.ts'
import { Door, type KeyPair } from './listen/door.ts'
import { Predictions } from './predictions.ts'
import { type Asked, askedBy, environmentOf } from './request.ts'
import { sendAnswer, sendError, sendJson } from './respond.ts'

const METADATA_TIMEOUT_MS = 5000

export type ModelAsked = Extract<Asked, { kind: 'model' }>

export interface GatewayServerOptions {
  readonly version: string
  readonly maxBodyBytes: number
  readonly telemetry: Telemetry
  /** Something was counted. */
  readonly onCounted: () => void
  readonly tls?: KeyPair | undefined
}

/** The outward side of a gateway. Health is answered here, by a process that runs no model. */
export class GatewayServer {
  readonly door: Door
  readonly #state: GatewayState
  readonly #options: GatewayServerOptions
  readonly #bodies: Bodies
  readonly #predictions: Predictions

  constructor(state: GatewayState, options: GatewayServerOptions) {
    this.#state = state
    this.#options = options
    this.#bodies = new Bodies(options.maxBodyBytes)
    this.#predictions = new Predictions(state, this.#bodies, options)
    this.door = new Door({
      onRequest: exchange => this.#handle(exchange),
      onCall: (stream, headers) => this.#call(stream, headers),
      tls: options.tls,
    })
  }

  async close(limitMs: number): Promise<void> {
    await this.door.close(limitMs)
    this.#bodies.close()
  }

  #handle(exchange: Exchange): void {
    try {
      this.#answer(askedBy(exchange.method, exchange.url), exchange)
    } catch (error) {
      sendError(exchange, error)
    }
  }

  #call(stream: ServerHttp2Stream, _headers: IncomingHttpHeaders): void {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
      { endStream: true },
    )
  }

  #answer(asked: Asked, exchange: Exchange): void {
    switch (asked.kind) {
      case 'model':
        this.#model(asked, exchange)
        break
      case 'live':
        sendJson(exchange, 200, '{"live":true}')
        break
      case 'ready':
        sendJson(exchange, this.#state.ready ? 200 : 503, `{"ready":${this.#state.ready}}`)
        break
      case 'metrics': {
        const { text, type } = expose(this.#state, exchange.header('accept'))
        sendJson(exchange, 200, text, type)
        break
      }
      default: {
        const { version } = this.#options
        sendJson(
          exchange,
          200,
          JSON.stringify({ name: 'ballast', version, extensions: ['binary_tensor_data'] }),
        )
      }
    }
  }

  #model(asked: ModelAsked, exchange: Exchange): void {
    if (asked.what === 'infer') {
      this.#predictions.answer(exchange, asked)
      return
    }
    const header = (name: string): string | undefined => exchange.header(name)
    const route = this.#state.route(environmentOf(header), asked.model)
    if (asked.what === 'ready') {
      const ready = isReady(route, asked.version)
      sendJson(exchange, ready ? 200 : 503, JSON.stringify({ name: asked.model, ready }))
      return
    }
    this.#state.allow(route, exchange.header('authorization'))
    this.#metadata(route, asked, exchange)
  }

  #metadata(route: RouteTargets, asked: ModelAsked, exchange: Exchange): void {
    const target = this.#state.choose(route, asked.version, 1)
    void this.#askMetadata(target, exchange).catch(error => sendError(exchange, error))
  }

  async #askMetadata(target: Target, exchange: Exchange): Promise<void> {
    const client = idlest(target.links)?.client
    if (client === undefined) {
      throw new InferenceError('NO_REPLICA', {
        message: `No replica of version ${target.versionNumber} can be reached`,
        hint: 'Try again soon.',
      })
    }
    sendAnswer(exchange, await client.request('metadata', METADATA_TIMEOUT_MS), target)
  }
}

/** Whether a request would find a replica at once. */
function isReady(route: RouteTargets, version: number | undefined): boolean {
  const targets = version === undefined ? route.arms : [versionOf(route, version)]
  return targets.some(({ links }) => idlest(links) !== undefined)
}
