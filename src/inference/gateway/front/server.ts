import type { GatewayState } from '../state.ts'
import type { Telemetry } from '../telemetry/trace.ts'
import { Answers } from './answers.ts'
import { Bodies } from './body.ts'
import { Catalog } from './catalog.ts'
import type { Exchange } from './exchange.ts'
import { followed } from './followed.ts'
import { GrpcService } from './grpc/service.ts'
import { inEnvironment } from './in-environment.ts'
import { Door, type KeyPair } from './listen/door.ts'
import { Predictions } from './predictions.ts'
import { Questions } from './questions.ts'
import { type Asked, askedBy } from './request.ts'
import { sendError } from './respond.ts'

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
  readonly #bodies: Bodies
  readonly #predictions: Predictions
  readonly #answers: Answers
  readonly #grpc: GrpcService
  readonly #telemetry: Telemetry

  constructor(state: GatewayState, options: GatewayServerOptions) {
    const { version, telemetry, tls, maxBodyBytes } = options
    const bodies = new Bodies(maxBodyBytes)
    const catalog = new Catalog(state)
    const questions = new Questions(state)
    this.#bodies = bodies
    this.#telemetry = telemetry
    this.#predictions = new Predictions(state, bodies, options)
    this.#answers = new Answers({ state, catalog, questions, bodies, version })
    const predictions = this.#predictions
    this.#grpc = new GrpcService({ state, catalog, questions, bodies, predictions, telemetry, version })
    this.door = new Door({
      onRequest: exchange => this.#handle(exchange),
      onCall: (stream, headers) => this.#grpc.handle(stream, headers),
      tls,
    })
  }

  /** Takes no more connections; what is under way may take `limitMs`. */
  async close(limitMs: number): Promise<void> {
    const closed = this.door.close(limitMs)
    this.#grpc.drain()
    await closed
    this.#bodies.close()
  }

  #handle(came: Exchange): void {
    const exchange = inEnvironment(came)
    let asked: Asked
    try {
      asked = askedBy(exchange.method, exchange.url)
    } catch (error) {
      sendError(followed(exchange, this.#telemetry), error)
      return
    }
    if (asked.kind === 'model' && asked.what === 'infer') {
      this.#predictions.answer(exchange, asked)
      return
    }
    const other = isProbe(asked) ? exchange : followed(exchange, this.#telemetry)
    try {
      if (asked.kind !== 'model') this.#answers.tell(other, asked.kind)
      else if (asked.what !== 'infer') this.#answers.ofModel(other, { ...asked, what: asked.what })
    } catch (error) {
      sendError(other, error)
    }
  }
}

/** Asked by machines every few seconds, of every gateway: a log of them would hold little else. */
function isProbe({ kind }: Asked): boolean {
  return kind === 'live' || kind === 'ready' || kind === 'metrics'
}
