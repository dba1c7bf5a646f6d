import type { Range } from '../../protobuf/wire.ts'
import { dtypeOf } from '../dtypes.ts'
import { MAX_RANK, overLimit } from '../limits.ts'
import type { OnnxDtype, OnnxValue } from '../types.ts'
import { addMetadata, entriesOf } from './entries.ts'
import type { ValueProto } from './proto.ts'
import { OVERHEAD, type Reading } from './reading.ts'

/** TypeProto's fields. */
const KINDS: ReadonlyMap<number, OnnxValue['kind']> = new Map([
  [1, 'tensor'],
  [4, 'sequence'],
  [5, 'map'],
  [7, 'opaque'],
  [8, 'sparse-tensor'],
  [9, 'optional'],
] as const)

/** A ValueInfoProto: 1 name, 2 type, 4 metadata_props. */
export async function readValue(reading: Reading, range: Range): Promise<ValueProto> {
  let name = ''
  let type: Omit<OnnxValue, 'name'> = { kind: 'unknown' }
  const metadata = new Map<string, string>()
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await reading.text(field.range, 'the name of a value')
    if (field.number === 2) type = await readType(reading, field.range)
    if (field.number === 4) await addMetadata(reading, field.range, metadata)
  })
  return { name, ...type, metadata: entriesOf(metadata) }
}

/** A TypeProto. */
export async function readType(reading: Reading, range: Range): Promise<Omit<OnnxValue, 'name'>> {
  let type: Omit<OnnxValue, 'name'> = { kind: 'unknown' }
  await reading.wire.walk(range, async field => {
    const kind = KINDS.get(field.number)
    if (field.kind !== 'bytes' || !kind) return
    const tensor = kind === 'tensor' || kind === 'sparse-tensor'
    type = tensor ? { kind, ...(await readTensorType(reading, field.range)) } : { kind }
  })
  return type
}

/** TypeProto.Tensor: 1 elem_type, 2 shape. */
async function readTensorType(reading: Reading, range: Range): Promise<Pick<OnnxValue, 'dtype' | 'shape'>> {
  let dtype: OnnxDtype = 'undefined'
  let shape: (number | string | null)[] | undefined
  await reading.wire.walk(range, async field => {
    if (field.kind === 'varint' && field.number === 1) dtype = dtypeOf(field.value)
    if (field.kind === 'bytes' && field.number === 2) shape = await readShape(reading, field.range)
  })
  return shape ? { dtype, shape } : { dtype }
}

/** TensorShapeProto: 1 dim (1 dim_value, 2 dim_param). A negative size means a free one. */
async function readShape(reading: Reading, range: Range): Promise<(number | string | null)[]> {
  const shape: (number | string | null)[] = []
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes' || field.number !== 1) return
    if (shape.length >= MAX_RANK) throw overLimit(`A value has more than ${MAX_RANK} dimensions`)
    reading.hold(OVERHEAD)
    let size: number | string | null = null
    await reading.wire.walk(field.range, async part => {
      if (part.kind === 'varint' && part.number === 1)
        size = part.value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(part.value)
      if (part.kind === 'bytes' && part.number === 2)
        size = (await reading.text(part.range, 'the name of an axis')) || null
    })
    shape.push(size)
  })
  return shape
}
