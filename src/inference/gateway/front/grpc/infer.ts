import { codeOf, headersOf, InferenceError, statusOf } from '../../../errors.ts'
import { headerOf, type ResponseFrame } from '../../../frames/index.ts'
import { type Envelope, envelopeOf, grpcStatusOfHttp } from '../../../protocols/index.ts'
import type { GatewayState } from '../../state.ts'
import type { Telemetry } from '../../telemetry/trace.ts'
import { admit, type Caller } from '../../traffic/admission.ts'
import type { Target } from '../../traffic/routing.ts'
import type { Bodies } from '../body.ts'
import type { Predictions } from '../predictions.ts'
import { environmentOf, type Header } from '../request.ts'
import type { GrpcCall } from './call.ts'
import { versionNamed } from './metadata.ts'

export interface InferContext {
  readonly state: GatewayState
  readonly bodies: Bodies
  readonly predictions: Predictions
  readonly telemetry: Telemetry
}

/** What is told beside an answer: the request's id, how much of a limit is left. */
type Metadata = Readonly<Record<string, string>>

/** Who waits for one message's answer. */
export interface Listener {
  /** A ModelInferResponse. */
  answered(message: Buffer, target: Target, metadata: Metadata): void
  /** A replica said no, with gRPC's `status`. */
  refused(status: number, message: string, metadata: Metadata): void
  failed(error: unknown, metadata: Metadata): void
}

/**
 * Predicts with a ModelInferRequest. `heldBytes` were taken note of by `Bodies`, and are released with the answer.
 * Messages of a stream have no headers of their own: there a request is called by its message's id. Returns what lets
 * go of it when the client is gone.
 */
export function inferMessage(
  { state, bodies, predictions, telemetry }: InferContext,
  call: GrpcCall,
  message: Buffer,
  heldBytes: number,
  listenerOf: (envelope: Envelope | undefined) => Listener,
  isStream = false,
): (() => void) | undefined {
  const cameAt = performance.now()
  const read = readEnvelope(message)
  const envelope = read instanceof InferenceError ? undefined : read
  const header: Header = name => (isStream && name === 'x-request-id' ? envelope?.id : call.header(name))
  const { remoteAddress, secure, path } = call
  const trace = telemetry.begin({ method: 'POST', path, remoteAddress, secure, header })
  try {
    if (read instanceof InferenceError) throw read
    const admitted = admit(state, {
      environment: environmentOf(header),
      model: read.model,
      version: versionNamed(read.version),
      protocol: 'grpc',
      header,
      remoteAddress,
      secure,
      cameAt,
      timeoutMs: call.timeoutMs,
      trace,
    })
    const caller = callerOf(listenerOf(read), trace.requestId)
    const body = { chunks: [message], bytes: message.length }
    const prediction = predictions.predict(admitted, caller, body, heldBytes)
    return () => prediction.abandon()
  } catch (error) {
    bodies.release(heldBytes)
    listenerOf(envelope).failed(error, metadataOf(trace.requestId, headersOf(error)))
    trace.end({ status: statusOf(error), code: codeOf(error), model: envelope?.model })
    return undefined
  }
}

function readEnvelope(message: Buffer): Envelope | InferenceError {
  try {
    return envelopeOf(message)
  } catch (error) {
    if (error instanceof InferenceError) return error
    throw error
  }
}

function callerOf(listener: Listener, requestId: string): Caller {
  return {
    answer: (answer, target, headers) => {
      const metadata = metadataOf(requestId, headers)
      if (answer.status === 200) listener.answered(answer.body, target, metadata)
      else listener.refused(statusIn(answer), answer.body.toString('utf8'), metadata)
    },
    fail: error => listener.failed(error, metadataOf(requestId, headersOf(error))),
  }
}

function metadataOf(requestId: string, headers: Metadata | undefined): Metadata {
  return { 'ballast-request-id': requestId, ...headers }
}

function statusIn({ headers, status }: ResponseFrame): number {
  const text = headerOf(headers, 'grpc-status')
  return text === undefined ? grpcStatusOfHttp(status) : Number(text)
}

/** ModelInfer. */
export function inferOnce(context: InferContext, call: GrpcCall, message: Buffer, heldBytes: number): void {
  const abandon = inferMessage(context, call, message, heldBytes, () => ({
    answered: (response, { versionNumber, arm }, metadata) => {
      call.reply(response, {
        ...metadata,
        'ballast-model-version': String(versionNumber),
        'ballast-arm': arm,
      })
      context.bodies.holdUntaken(response.length, call)
    },
    refused: (status, text, metadata) => call.finish(status, text, metadata),
    failed: (error, metadata) => call.fail(error, metadata),
  }))
  if (abandon !== undefined) call.onceClosed(abandon)
}
