import {
  checkConfig,
  compilePreprocess,
  describeInput,
  fitInput,
  ModelError,
  type Preprocessor,
} from '../../model/index.ts'
import type { Answered } from '../engine/cache/index.ts'
import type { Engine } from '../engine/engine.ts'
import { InferenceError } from '../errors.ts'
import { type Call, type Handler, headerOf, type Reply, type RequestFrame } from '../frames/index.ts'
import { inflateBounded } from '../inflate.ts'
import {
  type Codec,
  codecOf,
  type InferenceCall,
  jsonReply,
  MAX_BODY_BYTES,
  openApiOf,
  refuse,
  type ServedModel,
} from '../protocols/index.ts'
import { priorityOf } from './priority.ts'
import type { ReplicaSpec } from './spec.ts'
import type { ReplicaStatus } from './status.ts'

/** Until the decoder's and our own code is compiled. */
const WARM_UP_RUNS = 20
/** A PNG of 8 × 8 pixels. */
const WARM_UP_IMAGE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAZElEQVQI152ONw4DMQwE9WJJpU45p1ffAC4MuHRDcMOAFFLKvbcxJoQwxkgpWWuRotaac55zeu977+yttXOO0FrjPs9Dl6CU4pxD/hLEOP8RSimeoRJj5OyXwEWstSCYH+Le+wI5al+wt4mT3AAAAABJRU5ErkJggg==',
  'base64',
)

/** One request between its frame and its answer. */
interface Exchange {
  readonly frame: RequestFrame
  readonly call: Call
  readonly reply: (reply: Reply) => void
  /** Monotonic milliseconds. */
  readonly deadline: number
}

/** Answers a replica's frames: reads them by their protocol, queues, encodes. */
export class ReplicaHandler implements Handler {
  readonly #engine: Engine
  readonly #model: ServedModel
  readonly #preprocessor: Preprocessor
  readonly #status: () => ReplicaStatus

  /** Throws (ModelError) where the configuration does not fit the model. */
  constructor(engine: Engine, spec: ReplicaSpec, status: () => ReplicaStatus) {
    this.#engine = engine
    this.#preprocessor = compilePreprocess(spec.config.preprocess)
    this.#status = status
    const { signature } = engine
    checkConfig(signature, spec.config)
    this.#model = {
      name: spec.model,
      version: String(spec.versionNumber),
      signature,
      config: spec.config,
      preprocessor: this.#preprocessor,
      ports: () => describeInput(signature, spec.config),
    }
  }

  /**
   * Takes an image the whole way a few times, where the model takes images: the first pays for loading the
   * decoder and for code that is not compiled yet, and no client should be that first.
   */
  async warmUp(): Promise<void> {
    if (!this.#preprocessor.takesImages) return
    const { input } = this.#model.ports()
    try {
      for (let run = 0; run < WARM_UP_RUNS; run++) {
        const tensor = fitInput(input, await this.#preprocessor.fromImage(WARM_UP_IMAGE))
        await this.#engine.run({ [input.name]: tensor })
      }
    } catch {
      // Some models take no picture as small as this one; they meet their first image cold.
    }
  }

  /** What goes wrong is told: a connection has other requests on it. */
  request(frame: RequestFrame, reply: (reply: Reply) => void, call: Call): void {
    try {
      this.#answer(frame, reply, call)
    } catch (error) {
      reply(refusal(codecOf(frame.body, frame.headers), error))
    }
  }

  #answer(frame: RequestFrame, reply: (reply: Reply) => void, call: Call): void {
    switch (frame.operation) {
      case 'infer':
        this.#infer({ frame, reply, call, deadline: performance.now() + frame.timeoutMs })
        break
      case 'status':
        reply(jsonReply(JSON.stringify(this.#status())))
        break
      case 'metadata':
        reply(codecOf(frame.body, frame.headers).metadata(this.#model, frame.headers))
        break
      case 'config':
        reply(codecOf(frame.body, frame.headers).config(this.#model))
        break
      case 'openapi':
        reply(jsonReply(JSON.stringify(openApiOf(this.#model))))
        break
      case 'load':
        reply(jsonReply('{}'))
        break
      case 'unload':
        reply(refusal(codecOf(frame.body, frame.headers), refuse('A replica is not unloaded by itself')))
        break
      case 'statistics':
        reply(codecOf(frame.body, frame.headers).statistics(this.#model, this.#engine.statistics))
    }
  }

  #infer(exchange: Exchange): void {
    const { headers, body } = exchange.frame
    const encoding = headerOf(headers, 'content-encoding')
    if (encoding === undefined) {
      this.#read(exchange, body)
      return
    }
    inflated(body, encoding).then(
      plain => this.#read(exchange, plain),
      error => exchange.reply(refusal(codecOf(body, headers), error)),
    )
  }

  #read(exchange: Exchange, body: Buffer): void {
    const { headers } = exchange.frame
    const codec = codecOf(body, headers)
    const refused = (error: unknown): void => exchange.reply(refusal(codec, error))
    const submit = (call: InferenceCall): void => {
      try {
        this.#submit(exchange, codec, call)
      } catch (error) {
        refused(error)
      }
    }
    try {
      const call = codec.read(body, headers, this.#model)
      if (call instanceof Promise) call.then(submit, refused)
      else submit(call)
    } catch (error) {
      refused(error)
    }
  }

  #submit({ frame, call, reply, deadline }: Exchange, codec: Codec, asked: InferenceCall): void {
    if (call.canceled) return
    const { inputs, outputs, timeoutMs = Number.POSITIVE_INFINITY, priority } = asked
    const question = {
      inputs,
      outputs,
      deadline: Math.min(deadline, performance.now() + timeoutMs),
      priority: priorityOf(frame.headers, priority),
    }
    const traced = headerOf(frame.headers, 'traceparent') !== undefined
    call.onCancel = this.#engine.submit(question, outcome => reply(answer(outcome, codec, asked, traced)))
  }
}

function answer(outcome: Answered, codec: Codec, call: InferenceCall, traced: boolean): Reply {
  const reply = encoded(outcome, codec, call)
  if (!traced && !outcome.cached) return reply
  return { ...reply, headers: reply.headers + toldOf(outcome, traced) }
}

function encoded(outcome: Answered, codec: Codec, call: InferenceCall): Reply {
  if (outcome.kind === 'failed') return refusal(codec, outcome.error)
  try {
    return call.encode(outcome.output)
  } catch (error) {
    return refusal(codec, error)
  }
}

/** What a gateway tells its spans, and its client. */
function toldOf({ cached, queueMs, computeMs }: Answered, traced: boolean): string {
  const times = traced
    ? `queue-us: ${Math.round(queueMs * 1000)}\ncompute-us: ${Math.round(computeMs * 1000)}\n`
    : ''
  return cached ? `${times}ballast-cache: hit\n` : times
}

function refusal(codec: Codec, thrown: unknown): Reply {
  return codec.refuse(thrown instanceof ModelError ? ofModel(thrown) : thrown)
}

/** What the client sent is the client's matter (400); what the model did with it is ours (500). */
function ofModel(error: ModelError): InferenceError {
  const { message, hint, code } = error
  const ours = code === 'RUN_FAILED' || code === 'OUTPUT_INVALID' || code === 'SESSION_CLOSED'
  const theirs = code === 'IMAGE_TOO_LARGE' ? 'BODY_TOO_LARGE' : 'REQUEST_INVALID'
  return new InferenceError(ours ? 'INFERENCE_FAILED' : theirs, { message, hint: hint ?? '', cause: error })
}

async function inflated(body: Buffer, encoding: string): Promise<Buffer> {
  if (encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw refuse(`The content encoding '${encoding}' is not known`, 'Use gzip, deflate or none.')
  }
  return await inflateBounded(body, encoding, 'body', MAX_BODY_BYTES)
}
