import type { ByteSource } from '../../core/index.ts'
import type { Placer, TensorPlace } from '../ports.ts'
import { bytesOf } from './dtypes.ts'
import { packedRange } from './elements/fields.ts'
import { readOnnx } from './inspect.ts'
import { listTensors } from './open/tensors.ts'
import type { TensorProto } from './read/proto.ts'

/**
 * raw_data, float_data and double_data that are packed in one run, and external data, which need not be there.
 * Integers in typed fields are varints, and have no place.
 */
export const placeOnnx: Placer = async ({ source, path }) => {
  const model = await readOnnx(source)
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const places: TensorPlace[] = []
  for (const [name, { info, proto }] of listTensors(model)) {
    const { dtype, shape } = info
    const found = await whereIs(source, proto)
    if (!found) continue
    const { location, ...run } = found
    places.push({ name, dtype, shape, ...(location !== undefined && { path: folder + location }), ...run })
  }
  return places
}

async function whereIs(
  source: ByteSource,
  proto: TensorProto,
): Promise<(Pick<TensorPlace, 'offset' | 'bytes'> & { readonly location?: string }) | undefined> {
  const { data, dtype, elements } = proto
  if (data.kind === 'raw') return { offset: data.offset, bytes: data.length }
  if (data.kind === 'external') {
    const { location, offset, length = bytesOf(dtype, elements) } = data
    return length === undefined ? undefined : { location, offset, bytes: length }
  }
  const range = await packedRange(source, proto)
  return range && { offset: range.start, bytes: range.end - range.start }
}
