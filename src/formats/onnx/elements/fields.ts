import type { ByteSource } from '../../../core/index.ts'
import { PIECE_BYTES } from '../../ports.ts'
import { type Field, type Range, Wire } from '../../protobuf/wire.ts'
import { bitsOf } from '../dtypes.ts'
import { malformed, wireFailures } from '../limits.ts'
import type { TensorProto } from '../read/proto.ts'
import type { OnnxDtype } from '../types.ts'
import { Collector } from './collector.ts'

/** TensorProto's typed fields. */
const FLOATS = 4
const INT32S = 5
const INT64S = 7
const DOUBLES = 10
const UINT64S = 11

/** Which field holds elements of a type, how many values an element takes, and the bytes that a value becomes. */
interface Form {
  readonly field: number
  readonly values: number
  readonly width: number
}

/** TensorProto's documentation of its `_data` fields. */
function formOf(dtype: OnnxDtype, elements: number): Form {
  switch (dtype) {
    case 'float32':
      return { field: FLOATS, values: elements, width: 4 }
    case 'complex64':
      return { field: FLOATS, values: 2 * elements, width: 4 }
    case 'float64':
      return { field: DOUBLES, values: elements, width: 8 }
    case 'complex128':
      return { field: DOUBLES, values: 2 * elements, width: 8 }
    case 'int64':
      return { field: INT64S, values: elements, width: 8 }
    case 'uint32':
      return { field: UINT64S, values: elements, width: 4 }
    case 'uint64':
      return { field: UINT64S, values: elements, width: 8 }
  }
  const bits = bitsOf(dtype)!
  // Two four-bit elements share a value, four two-bit ones; six-bit elements have a value each.
  const perValue = bits === 4 ? 2 : bits === 2 ? 4 : 1
  return { field: INT32S, values: Math.ceil(elements / perValue), width: Math.max(1, bits / 8) }
}

/** The elements that stand in a tensor's typed fields, packed or one by one, as raw_data has them. */
export async function* fieldPieces(
  source: ByteSource,
  tensor: TensorProto,
): AsyncGenerator<Uint8Array, void> {
  const { dtype, elements } = tensor
  const form = formOf(dtype, elements)
  const collector = new Collector(tensor, form.values, form.width, dtype.startsWith('float6e'))
  const fixed = form.field === FLOATS || form.field === DOUBLES
  const wire = new Wire(source, wireFailures)
  for await (const field of wire.fields(tensor.range)) {
    if (field.number !== form.field) continue
    if (field.kind === 'bytes') {
      const take = fixed ? fixedRun : varintRun
      yield* take(source, field, collector)
    } else if (fixed) {
      if (field.kind !== 'fixed' || field.bytes !== form.width) throw wrongKind(tensor, field)
      collector.bytes(await wire.bytes(field.range, 8, 'an element'))
    } else {
      if (field.kind !== 'varint') throw wrongKind(tensor, field)
      collector.value(field.value)
    }
    if (collector.full) yield collector.take()
  }
  yield* collector.end()
}

/** Where all elements stand as raw_data would have them: floating-point numbers, packed in one run. */
export async function packedRange(source: ByteSource, tensor: TensorProto): Promise<Range | undefined> {
  const { dtype, elements } = tensor
  if (!/^(float(32|64)|complex)/.test(dtype)) return undefined
  const form = formOf(dtype, elements)
  const bytes = form.values * form.width
  let found: Range | undefined
  let more = false
  await new Wire(source, wireFailures).walk(tensor.range, field => {
    if (field.number !== form.field) return
    if (found || field.kind !== 'bytes') more = true
    else found = field.range
  })
  return found && !more && found.end - found.start === bytes ? found : undefined
}

type Run = Field & { readonly kind: 'bytes' }

async function* fixedRun(
  source: ByteSource,
  { range }: Run,
  collector: Collector,
): AsyncGenerator<Uint8Array, void> {
  for (let at = range.start; at < range.end; ) {
    // A piece may hold the values before it already: then it is filled up, and given.
    const length = Math.min(collector.room, range.end - at)
    collector.bytes(await source.read(at, length))
    at += length
    if (collector.full) yield collector.take()
  }
}

async function* varintRun(
  source: ByteSource,
  { range }: Run,
  collector: Collector,
): AsyncGenerator<Uint8Array, void> {
  for (let at = range.start; at < range.end; ) {
    const bytes = await source.read(at, Math.min(PIECE_BYTES / 8, range.end - at))
    const last = at + bytes.byteLength === range.end
    let used = 0
    while (used < bytes.byteLength) {
      const after = collector.varint(bytes, used)
      // A value that goes on behind these bytes is read again with what follows.
      if (after < 0) {
        if (last || used === 0) throw malformed(`${source.name}, byte ${at + used}: a number is cut off`)
        break
      }
      used = after
      if (collector.full) yield collector.take()
    }
    at += used
  }
}

function wrongKind({ name }: TensorProto, { kind, number }: Field): Error {
  return malformed(`The tensor '${name}' has a field ${number} of the kind ${kind}`)
}
