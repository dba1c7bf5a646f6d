import type { ByteSource } from '../../../core/index.ts'
import { failing } from '../../errors.ts'
import { Wire } from '../../protobuf/wire.ts'
import { MAX_ELEMENT_TEXT, malformed, wireFailures } from '../limits.ts'
import type { TensorProto } from '../read/proto.ts'

const STRINGS = 6

const notText = failing('FORMAT_UNSUPPORTED', 'Read it as a tensor.')

/** The elements of a text tensor. Throws FORMAT_UNSUPPORTED for other tensors, ONNX_MALFORMED for other bytes. */
export async function* tensorText(source: ByteSource, tensor: TensorProto): AsyncGenerator<string, void> {
  const { name, dtype, shape, elements, data, range } = tensor
  if (dtype !== 'string') throw notText(`The tensor '${name}' holds ${dtype}, not text`)
  if (data.kind !== 'fields') throw malformed(`The tensor '${name}' holds text outside of string_data`)
  const wire = new Wire(source, wireFailures)
  let held = 0
  for await (const field of wire.fields(range)) {
    if (field.number !== STRINGS || field.kind !== 'bytes') continue
    if (++held > elements) break
    yield await wire.text(field.range, MAX_ELEMENT_TEXT, `an element of '${name}'`)
  }
  if (held !== elements)
    throw malformed(
      `The tensor '${name}' of shape [${shape.join(', ')}] needs ${elements} texts, and has ${held > elements ? 'more' : held}`,
    )
}
