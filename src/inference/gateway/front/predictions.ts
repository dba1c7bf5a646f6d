import { codeOf, InferenceError, statusOf } from '../../errors.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import type { GatewayState } from '../state.ts'
import type { RequestTrace, Telemetry } from '../telemetry/trace.ts'
import { type Admitted, admit, type Caller } from '../traffic/admission.ts'
import { Prediction } from '../traffic/prediction.ts'
import type { Bodies, Body } from './body.ts'
import type { Exchange } from './exchange.ts'
import { environmentOf, type Header, timeoutOf } from './request.ts'
import { sendAnswer, sendError } from './respond.ts'

export interface PredictionsOptions {
  readonly telemetry: Telemetry
  /** Something was counted. */
  readonly onCounted: () => void
}

/** What is to be predicted with. */
export interface Wanted {
  readonly model: string
  readonly version: number | undefined
  readonly protocol: ProtocolName
}

/** Takes predictions from their transports to replicas. */
export class Predictions {
  readonly #state: GatewayState
  readonly #bodies: Bodies
  readonly #options: PredictionsOptions

  constructor(state: GatewayState, bodies: Bodies, options: PredictionsOptions) {
    this.#state = state
    this.#bodies = bodies
    this.#options = options
  }

  /** Over HTTP. */
  answer(exchange: Exchange, wanted: Wanted): void {
    const cameAt = performance.now()
    const header: Header = name => exchange.header(name)
    const { remoteAddress, secure } = exchange
    const trace = this.#options.telemetry.begin({
      method: exchange.method,
      path: exchange.url,
      remoteAddress,
      secure,
      header,
    })
    const caller = this.#callerOf(exchange, trace)
    const refused = (error: unknown): void => {
      caller.fail(error)
      trace.end({ status: statusOf(error), code: codeOf(error), model: wanted.model })
    }
    let admitted: Admitted
    try {
      admitted = admit(this.#state, {
        ...wanted,
        environment: environmentOf(header),
        header,
        remoteAddress,
        secure,
        cameAt,
        timeoutMs: timeoutOf(header),
        trace,
      })
    } catch (error) {
      refused(error)
      return
    }
    this.#bodies.collect(exchange, body => {
      if (body instanceof InferenceError) {
        refused(body)
        return
      }
      try {
        const prediction = this.predict(admitted, caller, body, body.bytes)
        exchange.onceClosed(() => prediction.abandon())
      } catch (error) {
        this.#bodies.release(body.bytes)
        refused(error)
      }
    })
  }

  /** `heldBytes` were taken note of by `Bodies`; they are released when the prediction is over. */
  predict(admitted: Admitted, caller: Caller, body: Body, heldBytes: number): Prediction {
    return new Prediction({
      admitted,
      caller,
      body,
      onCounted: this.#options.onCounted,
      onEnd: end => {
        this.#bodies.release(heldBytes)
        admitted.head.trace.end(end)
      },
    })
  }

  #callerOf(exchange: Exchange, { requestId }: RequestTrace): Caller {
    return {
      answer: (answer, target, more) => {
        sendAnswer(exchange, answer, target, { 'ballast-request-id': requestId, ...more })
        this.#bodies.holdUntaken(answer.body.length, exchange)
      },
      fail: error => sendError(exchange, error, { 'ballast-request-id': requestId }),
    }
  }
}
