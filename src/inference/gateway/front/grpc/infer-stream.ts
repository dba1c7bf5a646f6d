import {
  type Envelope,
  GRPC,
  grpcMessageOf,
  streamAnswerHead,
  streamErrorMessage,
} from '../../../protocols/index.ts'
import type { Gathering } from '../body.ts'
import type { GrpcCall } from './call.ts'
import { type InferContext, inferMessage, type Listener } from './infer.ts'
import { inflated, type Message, MessageReader } from './messages.ts'

/** Requests of one stream that wait for their answers at once; more wait at the client. */
const MAX_UNDER_WAY = 64

/**
 * ModelStreamInfer: every message is a prediction of its own, answered when it is ready; ids tell which is which. What
 * goes wrong with one is told in its answer, and the stream goes on.
 */
export class InferStream {
  readonly #context: InferContext
  readonly #call: GrpcCall
  readonly #reader: MessageReader
  readonly #gathering: Gathering
  readonly #abandons = new Set<() => void>()
  #underWay = 0
  /** Bytes of answers that the client has not taken. */
  #untaken = 0
  #ended = false
  #closing = false

  constructor(context: InferContext, call: GrpcCall) {
    this.#context = context
    this.#call = call
    this.#reader = new MessageReader(context.bodies.maxBytes)
    this.#gathering = { bytes: 0, looked: -1, tooSlow: error => this.#stop(error) }
    call.source.on('data', (chunk: Buffer) => this.#take(chunk))
    call.source.once('end', () => {
      this.#ended = true
      this.#endWhenIdle()
    })
    call.onceClosed(() => this.#abandon())
  }

  /** The gateway closes: the stream ends with the answers that are due. */
  drain(): void {
    this.#closing = true
    this.#endWhenIdle()
  }

  #take(chunk: Buffer): void {
    const { bodies } = this.#context
    try {
      const messages = this.#reader.push(chunk)
      this.#watchRest(messages.length > 0, chunk.length)
      for (const message of messages) {
        const held = message.bytes.length
        if (bodies.hold(held)) this.#infer(message, held)
        else this.#tell(streamErrorMessage(grpcMessageOf(bodies.full()), ''))
      }
    } catch (error) {
      this.#stop(error)
    }
    if (this.#underWay >= MAX_UNDER_WAY) this.#call.source.pause()
  }

  /** A message that began must go on; between messages a client may be silent. */
  #watchRest(begun: boolean, bytes: number): void {
    const { bodies } = this.#context
    if (begun) {
      bodies.unwatch(this.#gathering)
      this.#gathering.looked = -1
    }
    this.#gathering.bytes += bytes
    if (this.#reader.buffered > 0) bodies.watch(this.#gathering)
  }

  #infer(message: Message, held: number): void {
    this.#underWay++
    if (!message.compressed) {
      this.#predict(message.bytes, held)
      return
    }
    const { bodies } = this.#context
    inflated(message.bytes, this.#call.header('grpc-encoding'), bodies.maxBytes).then(
      bytes => this.#predict(bytes, held),
      error => {
        bodies.release(held)
        this.#done(streamErrorMessage(grpcMessageOf(error), ''))
      },
    )
  }

  #predict(message: Buffer, held: number): void {
    let over = false
    let abandon: (() => void) | undefined
    const done = (...parts: readonly Buffer[]): void => {
      over = true
      if (abandon !== undefined) this.#abandons.delete(abandon)
      this.#done(...parts)
    }
    const listenerOf = (envelope: Envelope | undefined): Listener => ({
      answered: response => done(streamAnswerHead(response.length), response),
      refused: (_status, text) => done(streamErrorMessage(text, envelope?.id ?? '')),
      failed: error => done(streamErrorMessage(grpcMessageOf(error), envelope?.id ?? '')),
    })
    abandon = inferMessage(this.#context, this.#call, message, held, listenerOf, true)
    if (abandon !== undefined && !over) this.#abandons.add(abandon)
  }

  #done(...parts: readonly Buffer[]): void {
    this.#underWay--
    this.#tell(...parts)
    this.#endWhenIdle()
  }

  /** A client that does not take its answers gets no further requests answered. */
  #tell(...parts: readonly Buffer[]): void {
    if (this.#call.send(parts)) this.#readOn()
    else this.#hold(parts.reduce((sum, part) => sum + part.length, 0))
  }

  #readOn(): void {
    if (this.#untaken === 0 && this.#underWay < MAX_UNDER_WAY) this.#call.source.resume()
  }

  #hold(bytes: number): void {
    const { bodies } = this.#context
    bodies.untaken(bytes)
    const waits = this.#untaken > 0
    this.#untaken += bytes
    if (waits) return
    this.#call.source.pause()
    this.#call.onceDrained(() => {
      bodies.taken(this.#untaken)
      this.#untaken = 0
      this.#readOn()
    })
  }

  #endWhenIdle(): void {
    if (this.#underWay > 0) return
    if (this.#ended) this.#end()
    else if (this.#closing) this.#call.finish(GRPC.unavailable, 'The gateway closes; connect again')
  }

  #end(): void {
    if (this.#reader.buffered === 0) this.#call.finish(GRPC.ok)
    else this.#call.finish(GRPC.invalidArgument, 'The stream ended within a message')
  }

  #stop(error: unknown): void {
    this.#call.fail(error)
    this.#abandon()
  }

  #abandon(): void {
    this.#context.bodies.unwatch(this.#gathering)
    const abandons = [...this.#abandons]
    this.#abandons.clear()
    for (const abandon of abandons) abandon()
  }
}
