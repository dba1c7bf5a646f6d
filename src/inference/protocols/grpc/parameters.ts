import { MAX_MEMBER_BYTES } from '../limits.ts'
import { MAX_PARAMETERS } from '../oip/parameters.ts'
import { refuse } from '../refuse.ts'
import type { FieldReader } from './wire.ts'

/** The kinds of InferParameter, by field. */
const VALUE_OF: Readonly<Record<number, (reader: FieldReader) => unknown>> = {
  1: reader => reader.flag(),
  2: reader => reader.int(),
  3: reader => reader.text(MAX_MEMBER_BYTES),
  4: reader => reader.double(),
  5: reader => reader.uint(),
}

/** One entry of a map of InferParameters, put among the others. Throws REQUEST_INVALID. */
export function addParameter(parameters: Map<string, unknown>, entry: FieldReader): void {
  let key = ''
  let value: unknown
  while (entry.next()) {
    if (entry.field === 1) key = entry.text(MAX_MEMBER_BYTES)
    else if (entry.field === 2) {
      const choice = entry.message()
      while (choice.next()) value = VALUE_OF[choice.field]?.(choice) ?? value
    }
  }
  parameters.set(key, value)
  if (parameters.size > MAX_PARAMETERS) throw refuse(`More than ${MAX_PARAMETERS} parameters`)
}
