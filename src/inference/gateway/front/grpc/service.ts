import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { InferenceError } from '../../../errors.ts'
import type { Body } from '../body.ts'
import { GrpcCall } from './call.ts'
import { HealthWatch } from './health-watch.ts'
import { type InferContext, inferOnce } from './infer.ts'
import { InferStream } from './infer-stream.ts'
import { inflated, soleMessage } from './messages.ts'
import { UNARY, type UnaryContext } from './unary.ts'

const INFER = '/inference.GRPCInferenceService/ModelInfer'
const STREAM = '/inference.GRPCInferenceService/ModelStreamInfer'
const WATCH = '/grpc.health.v1.Health/Watch'

export interface GrpcContext extends InferContext, UnaryContext {}

/** Streams that end when the gateway closes, not when their client does. */
interface LongCall {
  drain(): void
}

/** Calls of `inference.GRPCInferenceService` and `grpc.health.v1.Health`. */
export class GrpcService {
  readonly #context: GrpcContext
  readonly #long = new Set<LongCall>()

  constructor(context: GrpcContext) {
    this.#context = context
  }

  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = new GrpcCall(stream, headers)
    try {
      this.#begin(call, headers[':method'])
    } catch (error) {
      call.fail(error)
    }
  }

  drain(): void {
    for (const call of this.#long) call.drain()
  }

  #begin(call: GrpcCall, method: string | undefined): void {
    if (method !== 'POST') throw unknown(call.path)
    if (call.path === STREAM) this.#keep(call, new InferStream(this.#context, call))
    else if (call.path === INFER)
      this.#unary(call, (message, held) => inferOnce(this.#context, call, message, held))
    else if (call.path === WATCH) {
      this.#unary(call, (message, held) => {
        this.#context.bodies.release(held)
        this.#keep(call, new HealthWatch(this.#context, call, message))
      })
    } else this.#small(call)
  }

  #keep(call: GrpcCall, long: LongCall): void {
    this.#long.add(long)
    call.onceClosed(() => this.#long.delete(long))
  }

  #small(call: GrpcCall): void {
    const answer = UNARY.get(call.path)
    if (answer === undefined) throw unknown(call.path)
    this.#unary(call, async (message, held) => {
      this.#context.bodies.release(held)
      call.reply(await answer(this.#context, message, call))
    })
  }

  /** Gathers the call's one message. `take` releases the bytes that are held for it. */
  #unary(call: GrpcCall, take: (message: Buffer, heldBytes: number) => void | Promise<void>): void {
    const { bodies } = this.#context
    bodies.collect(call, body => {
      if (body instanceof InferenceError) {
        call.fail(body)
        return
      }
      let message: Buffer | Promise<Buffer>
      try {
        message = this.#messageOf(call, body)
      } catch (error) {
        bodies.release(body.bytes)
        call.fail(error)
        return
      }
      if (message instanceof Promise) this.#taken(call, message, body, take)
      else this.#run(call, () => take(message, body.bytes))
    })
  }

  #messageOf(call: GrpcCall, { chunks }: Body): Buffer | Promise<Buffer> {
    const { compressed, bytes } = soleMessage(chunks)
    return compressed ? inflated(bytes, call.header('grpc-encoding'), this.#context.bodies.maxBytes) : bytes
  }

  /** What was inflated is held instead of what came. */
  #taken(
    call: GrpcCall,
    message: Promise<Buffer>,
    body: Body,
    take: (message: Buffer, heldBytes: number) => void | Promise<void>,
  ): void {
    const { bodies } = this.#context
    message.then(
      inflated => {
        bodies.release(body.bytes)
        if (bodies.hold(inflated.length)) this.#run(call, () => take(inflated, inflated.length))
        else call.fail(bodies.full())
      },
      error => {
        bodies.release(body.bytes)
        call.fail(error)
      },
    )
  }

  #run(call: GrpcCall, work: () => void | Promise<void>): void {
    try {
      work()?.catch(error => call.fail(error))
    } catch (error) {
      call.fail(error)
    }
  }
}

function unknown(path: string): InferenceError {
  return new InferenceError('ROUTE_UNKNOWN', {
    message: `There is no method ${path.slice(0, 200)}`,
    hint: 'Services: inference.GRPCInferenceService, grpc.health.v1.Health.',
  })
}
