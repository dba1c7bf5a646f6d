import type { Tensors } from '../../../core/index.ts'
import { MAX_PORTS } from '../limits.ts'
import { refuse } from '../refuse.ts'
import { type Draft, inputOf, tensorsOf } from './infer-request.ts'
import { FieldReader } from './wire.ts'

/** Where tensors and their raw contents stand in ModelInferRequest and in ModelInferResponse. */
const REQUEST = { tensors: 5, raw: 7 } as const
const ANSWER = { tensors: 5, raw: 6 } as const

/** The tensors of a ModelInferRequest, by name, and nothing else of it. Throws REQUEST_INVALID. */
export function tensorsInRequest(message: Buffer): Tensors {
  return tensorsIn(message, REQUEST)
}

/** Of a ModelInferResponse. Throws REQUEST_INVALID. */
export function tensorsInAnswer(message: Buffer): Tensors {
  return tensorsIn(message, ANSWER)
}

function tensorsIn(message: Buffer, fields: { readonly tensors: number; readonly raw: number }): Tensors {
  const reader = new FieldReader(message)
  const drafts: Draft[] = []
  const raw: Buffer[] = []
  while (reader.next()) {
    if (reader.field === fields.tensors) drafts.push(inputOf(reader.message()))
    else if (reader.field === fields.raw) raw.push(reader.content())
    if (drafts.length > MAX_PORTS || raw.length > MAX_PORTS) {
      throw refuse(`The message has more than ${MAX_PORTS} tensors`)
    }
  }
  return tensorsOf(drafts, raw)
}
