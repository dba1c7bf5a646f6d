import { bytesField, lengthOf, type Part, varintField } from '../../protobuf/encode.ts'
import { checkLocation } from '../external.ts'
import { padding, writeParts } from './sink.ts'
import type { OnnxExternalSink } from './types.ts'

/** Tensors below stay in the model, as onnx.save_model has it. */
export const EXTERNAL_BYTES = 1024
/** Offsets are pages, so that runtimes can map them: what onnx.proto recommends. */
export const ALIGNMENT = 4096

/** The tensors that go to the file beside a model, in order. */
export class Externals {
  readonly #file: OnnxExternalSink
  readonly #parts: Part[] = []
  #end = 0

  /** Throws ONNX_EXTERNAL_PATH for a location outside the model's folder. */
  constructor(file: OnnxExternalSink) {
    checkLocation(file.location, '')
    this.#file = file
  }

  get bytes(): number {
    return this.#end
  }

  /** Plans a tensor's elements for the file; gives the fields that say where, or undefined for a small one. */
  place(part: Part): Part[] | undefined {
    if (part.byteLength < EXTERNAL_BYTES) return undefined
    const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT
    this.#parts.push(...padding(offset - this.#end), part)
    this.#end = offset + part.byteLength
    const entries = [
      ['location', this.#file.location],
      ['offset', String(offset)],
      ['length', String(part.byteLength)],
    ] as const
    return [
      ...entries.flatMap(([key, value]) => bytesField(13, [...bytesField(1, key), ...bytesField(2, value)])),
      ...varintField(14, 1),
    ]
  }

  async write(): Promise<void> {
    if (lengthOf(this.#parts) > 0) await writeParts(this.#file.sink, this.#parts)
  }
}
