import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { messageOf } from '../../core/index.ts'
import {
  compilePreprocess,
  describeInput,
  fitInput,
  ModelError,
  type Preprocessor,
} from '../../model/index.ts'
import type { Outcome } from '../batching/index.ts'
import { errorBody, InferenceError, statusOf } from '../errors.ts'
import {
  type Call,
  type Handler,
  headerBlock,
  headerOf,
  type Reply,
  type RequestFrame,
} from '../frames/index.ts'
import {
  type InferRequest,
  inferReply,
  JSON_HEADERS,
  looksLikeImage,
  MAX_BODY_BYTES,
  metadataBody,
  parseInferRequest,
  rawRequest,
  refuse,
  type Served,
} from '../protocols/index.ts'
import type { Engine } from './engine.ts'
import type { Tensors } from './parity.ts'
import { predictionReply } from './prediction.ts'
import type { ReplicaSpec } from './spec.ts'
import type { ReplicaStatus } from './status.ts'

const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const
/** Seconds. A full queue is worked off in about one. */
const RETRY_AFTER = '1'
/** Until the decoder's and our own code is compiled. */
const WARM_UP_RUNS = 20
/** A PNG of 8 × 8 pixels. */
const WARM_UP_IMAGE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAZElEQVQI152ONw4DMQwE9WJJpU45p1ffAC4MuHRDcMOAFFLKvbcxJoQwxkgpWWuRotaac55zeu977+yttXOO0FrjPs9Dl6CU4pxD/hLEOP8RSimeoRJj5OyXwEWstSCYH+Le+wI5al+wt4mT3AAAAABJRU5ErkJggg==',
  'base64',
)

/** Answers a replica's frames: parses, preprocesses, queues, encodes. */
export class ReplicaHandler implements Handler {
  readonly #engine: Engine
  readonly #spec: ReplicaSpec
  readonly #served: Served
  readonly #preprocessor: Preprocessor
  readonly #status: () => ReplicaStatus

  /** Throws (ModelError) where the configuration does not fit the model. */
  constructor(engine: Engine, spec: ReplicaSpec, status: () => ReplicaStatus) {
    this.#engine = engine
    this.#spec = spec
    this.#served = { model: spec.model, version: String(spec.versionNumber) }
    this.#preprocessor = compilePreprocess(spec.config.preprocess)
    this.#status = status
  }

  /**
   * Takes an image the whole way a few times, where the model takes images: the first pays for loading the
   * decoder and for code that is not compiled yet, and no client should be that first.
   */
  async warmUp(): Promise<void> {
    if (!this.#preprocessor.takesImages) return
    const { input } = describeInput(this.#engine.session.signature, this.#spec.config)
    try {
      for (let run = 0; run < WARM_UP_RUNS; run++) {
        const tensor = fitInput(input, await this.#preprocessor.fromImage(WARM_UP_IMAGE))
        await this.#engine.session.run({ [input.name]: tensor })
      }
    } catch {
      // Some models take no picture as small as this one; they meet their first image cold.
    }
  }

  request(frame: RequestFrame, reply: (reply: Reply) => void, call: Call): void {
    if (frame.operation === 'infer') this.#infer(frame, reply, call)
    else if (frame.operation === 'status') reply(json(JSON.stringify(this.#status())))
    else reply(json(metadataBody(this.#served, this.#engine.session.signature)))
  }

  #infer(frame: RequestFrame, reply: (reply: Reply) => void, call: Call): void {
    const deadline = performance.now() + frame.timeoutMs
    try {
      const encoding = headerOf(frame.headers, 'content-encoding')
      if (encoding !== undefined || looksLikeImage(frame.body)) {
        this.#inferSlowly(frame, encoding, deadline, reply, call).catch(error => reply(refusal(error)))
      } else this.#inferTensors(this.#parse(frame, frame.body), deadline, reply, call)
    } catch (error) {
      reply(refusal(error))
    }
  }

  /** What needs another thread first: inflating, decoding an image. */
  async #inferSlowly(
    frame: RequestFrame,
    encoding: string | undefined,
    deadline: number,
    reply: (reply: Reply) => void,
    call: Call,
  ): Promise<void> {
    const body = encoding === undefined ? frame.body : await inflated(frame.body, encoding)
    if (call.canceled) return
    if (!looksLikeImage(body)) {
      this.#inferTensors(this.#parse(frame, body), deadline, reply, call)
      return
    }
    const { input, output } = describeInput(this.#engine.session.signature, this.#spec.config)
    const inputs: Tensors = { [input.name]: fitInput(input, await this.#preprocessor.fromImage(body)) }
    if (call.canceled) return
    this.#submit(inputs, [output.name], deadline, reply, call, outputs =>
      predictionReply(this.#spec, outputs[output.name]!),
    )
  }

  #inferTensors(request: InferRequest, deadline: number, reply: (reply: Reply) => void, call: Call): void {
    const { signature } = this.#engine.session
    const wanted = request.outputs ?? signature.outputs.map(({ name }) => ({ name, binary: request.binary }))
    const names = request.outputs?.map(({ name }) => name)
    const unknown = names?.find(name => !signature.outputs.some(output => output.name === name))
    if (unknown !== undefined) {
      throw refuse(
        `The model has no output '${unknown}'; it has ${signature.outputs.map(({ name }) => name).join(', ')}`,
      )
    }
    this.#submit(request.inputs, names, deadline, reply, call, outputs =>
      inferReply(
        this.#served,
        request.id,
        wanted.map(({ name, binary }) => ({ name, binary, tensor: outputs[name]! })),
      ),
    )
  }

  #submit(
    inputs: Tensors,
    outputs: readonly string[] | undefined,
    deadline: number,
    reply: (reply: Reply) => void,
    call: Call,
    encode: (outputs: Tensors) => Reply,
  ): void {
    call.onCancel = this.#engine.submit(inputs, outputs, deadline, outcome => reply(answer(outcome, encode)))
  }

  #parse(frame: RequestFrame, body: Buffer): InferRequest {
    const length = headerOf(frame.headers, 'inference-header-content-length')
    if (length === undefined) {
      if (body[0] !== 0x7b && headerOf(frame.headers, 'content-type')?.startsWith('image/')) {
        throw refuse('The body is no JPEG, PNG or WebP', 'Convert the image, or send a tensor.')
      }
      return parseInferRequest(body, undefined)
    }
    if (!/^\d{1,10}$/.test(length)) throw refuse(`Inference-Header-Content-Length is '${length}', no length`)
    return length === '0'
      ? rawRequest(body, this.#engine.session.signature)
      : parseInferRequest(body, Number(length))
  }
}

function answer(outcome: Outcome<Tensors>, encode: (outputs: Tensors) => Reply): Reply {
  if (outcome.kind === 'failed') return refusal(outcome.error)
  try {
    return encode(outcome.output)
  } catch (error) {
    return refusal(error)
  }
}

function json(text: string): Reply {
  return { status: 200, headers: JSON_HEADERS, body: [Buffer.from(text)] }
}

function refusal(thrown: unknown): Reply {
  const error = thrown instanceof ModelError ? ofModel(thrown) : thrown
  const status = statusOf(error)
  const headers =
    status === 503
      ? headerBlock({ 'content-type': 'application/json', 'retry-after': RETRY_AFTER })
      : JSON_HEADERS
  return { status, headers, body: [Buffer.from(errorBody(error))] }
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
  try {
    return await INFLATE[encoding](body, { maxOutputLength: MAX_BODY_BYTES })
  } catch (cause) {
    throw refuse(`The body is no ${encoding} of up to ${MAX_BODY_BYTES} bytes: ${messageOf(cause)}`)
  }
}
