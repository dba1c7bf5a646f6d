import type { Milliseconds, Tensors } from '../../core/index.ts'
import type { ModelConfig, ModelSignature, Ports, Preprocessor } from '../../model/index.ts'
import type { EngineStatistics } from '../engine/statistics.ts'
import type { Reply } from '../frames/index.ts'

/**
 * How a body is written. A gateway names it in the frame header `protocol`, by the path that was asked for; `oip`
 * where it names none.
 *
 *   oip     Open Inference Protocol, version 2: JSON, and tensors in binary behind it
 *   grpc    its ModelInferRequest, a protobuf message
 *   v1      KServe's first protocol and TensorFlow Serving's REST: rows (`instances`) or columns (`inputs`)
 *   plain   what a person has: an image, a text, CSV, JSON records; answered in labels
 */
export const PROTOCOLS = ['oip', 'grpc', 'v1', 'plain'] as const
export type ProtocolName = (typeof PROTOCOLS)[number]

/** The served version, as codecs see it. */
export interface ServedModel {
  readonly name: string
  readonly version: string
  readonly signature: ModelSignature
  readonly config: ModelConfig
  readonly preprocessor: Preprocessor
  /** The input that takes what was preprocessed, and the output that answers. Throws (ModelError) PORT_UNKNOWN. */
  ports(): Ports
}

/** What a request asks of the model, whatever protocol it came by. */
export interface InferenceCall {
  readonly inputs: Tensors
  /** Those to compute; undefined: all. */
  readonly outputs: readonly string[] | undefined
  /** From now, where the body itself gives the request a time. */
  readonly timeoutMs?: Milliseconds | undefined
  /** 1 goes first; 0 or none is the model's default. */
  readonly priority?: number | undefined
  /** The whole answer, of the outputs that were computed. May throw as `read` does. */
  encode(outputs: Tensors): Reply
}

/** One protocol's way of saying requests and answers. */
export interface Codec {
  /**
   * Reads a body, inflated already, with its frame's header block. Gives a promise only where another thread must
   * work on it first. Throws InferenceError for what the protocol does not take, ModelError for what the model does not.
   */
  read(body: Buffer, headers: string, model: ServedModel): InferenceCall | Promise<InferenceCall>
  /** Of all versions that `headers` names (`versions: 1,2`), else of this one. */
  metadata(model: ServedModel, headers: string): Reply
  /** Triton's configuration of a model. */
  config(model: ServedModel): Reply
  statistics(model: ServedModel, statistics: EngineStatistics): Reply
  /** What is no InferenceError tells nothing of our insides. */
  refuse(error: unknown): Reply
}
