import { refuse } from '../refuse.ts'
import { FieldReader } from './wire.ts'

/** Bytes of a model's name or a version, over the 128 characters that a name may have. */
const MAX_NAME_BYTES = 512
const MAX_ID_BYTES = 65_536
/** Inputs, outputs, contents and parameters of the largest request; more make the gateway work for nothing. */
const MAX_FIELDS = 2048

/** Whom a ModelInferRequest is for, empty where it does not say. */
export interface Envelope {
  readonly model: string
  readonly version: string
  readonly id: string
}

/**
 * Reads model_name, model_version and id of a ModelInferRequest: in time that follows from the number of its fields,
 * not from its bytes. Throws REQUEST_INVALID.
 */
export function envelopeOf(message: Buffer): Envelope {
  const reader = new FieldReader(message)
  let [model, version, id] = ['', '', '']
  for (let fields = 0; reader.next(); fields++) {
    if (fields >= MAX_FIELDS) throw refuse(`The request has more than ${MAX_FIELDS} fields`)
    if (reader.field === 1) model = reader.text(MAX_NAME_BYTES)
    else if (reader.field === 2) version = reader.text(MAX_NAME_BYTES)
    else if (reader.field === 3) id = reader.text(MAX_ID_BYTES)
  }
  return { model, version, id }
}
