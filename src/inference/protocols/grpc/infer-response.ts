import type { Tensor } from '../../../core/index.ts'
import type { Reply } from '../../frames/index.ts'
import { bytesOfTensor } from '../oip/binary.ts'
import { protocolNameOf } from '../oip/dtypes.ts'
import type { Served } from '../oip/infer-response.ts'
import type { Output } from '../oip/request.ts'
import { hasContents, writeContents } from './contents.ts'
import { FieldWriter } from './writer.ts'

/** Fields of ModelInferResponse. */
const RESPONSE = { name: 1, version: 2, id: 3, outputs: 5, raw: 6 } as const
/** Of InferOutputTensor. */
const OUTPUT = { name: 1, datatype: 2, shape: 3, contents: 5 } as const

export const GRPC_HEADERS = 'content-type: application/grpc\n'

/**
 * A ModelInferResponse, raw contents as views of the outputs behind its fields. The protocol wants all outputs raw
 * or none: one that has to be raw makes all of them so.
 */
export function inferMessage(
  { model, version }: Served,
  id: string | undefined,
  outputs: readonly Output[],
): Reply {
  const raw = outputs.some(({ binary, tensor }) => binary || !hasContents(tensor.dtype))
  const writer = new FieldWriter()
  writer.text(RESPONSE.name, model)
  writer.text(RESPONSE.version, version)
  if (id !== undefined) writer.text(RESPONSE.id, id)
  for (const { name, tensor } of outputs) {
    writer.message(RESPONSE.outputs, () => writeOutput(writer, name, tensor, raw))
  }
  return { status: 200, headers: GRPC_HEADERS, body: raw ? behind(writer, outputs) : [writer.slice()] }
}

function writeOutput(writer: FieldWriter, name: string, tensor: Tensor, raw: boolean): void {
  writer.text(OUTPUT.name, name)
  writer.text(OUTPUT.datatype, protocolNameOf(tensor.dtype))
  writer.packed(OUTPUT.shape, tensor.shape)
  if (!raw) writeContents(writer, OUTPUT.contents, tensor)
}

/** What was written, and the outputs' bytes, each behind its own tag. */
function behind(writer: FieldWriter, outputs: readonly Output[]): readonly Uint8Array[] {
  const pieces = outputs.map(({ tensor }) => bytesOfTensor(tensor))
  const ends = pieces.map(({ byteLength }) => {
    const end = writer.length
    writer.head(RESPONSE.raw, byteLength)
    return end
  })
  const written = writer.slice()
  const body: Uint8Array[] = [written.subarray(0, ends[0])]
  pieces.forEach((piece, i) => {
    body.push(written.subarray(ends[i], ends[i + 1] ?? written.length), piece)
  })
  return body
}
