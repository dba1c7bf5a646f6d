import type { Range, Wire } from '../../protobuf/wire.ts'
import type { SignatureValue } from '../../types.ts'
import { dtypeOf } from '../dtypes.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { readShape } from '../shape.ts'

/** A SignatureDef with the key under which it stands. */
export interface SignatureDef {
  readonly name: string
  readonly method: string
  readonly inputs: readonly SignatureValue[]
  readonly outputs: readonly SignatureValue[]
}

/** Inputs or outputs of one signature; a table's columns may be some hundreds. */
const MAX_VALUES = 10_000

/** An entry of MetaGraphDef.signature_def: 1 key, 2 SignatureDef (1 inputs, 2 outputs, 3 method_name). */
export async function readSignature(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<SignatureDef> {
  let [name, method] = ['', '']
  const inputs: SignatureValue[] = []
  const outputs: SignatureValue[] = []
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a signature')
    if (field.number !== 2) return
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes') return
      if (part.number === 3) method = await wire.text(part.range, MAX_NAME_BYTES, 'the method of a signature')
      if (part.number > 2) return
      const values = part.number === 1 ? inputs : outputs
      values.push(await readValue(wire, part.range, fail))
      if (values.length > MAX_VALUES)
        throw fail.limit(
          { name: wire.source.name, offset: part.range.start },
          `a signature has more than ${MAX_VALUES} inputs or outputs`,
        )
    })
  })
  // A map's order in protobuf means nothing.
  return { name, method, inputs: inputs.toSorted(byName), outputs: outputs.toSorted(byName) }
}

/**
 * A map's entry: 1 key, 2 TensorInfo (1 name, 2 dtype, 3 tensor_shape, 4 coo_sparse with 1 values_tensor_name,
 * 5 composite_tensor).
 */
async function readValue(wire: Wire, range: Range, fail: TensorflowFailures): Promise<SignatureValue> {
  let [name, tensor] = ['', '']
  let kind: SignatureValue['kind'] = 'tensor'
  let dtype = 0
  let shape: (number | string | null)[] | undefined
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a value')
    if (field.number !== 2) return
    await wire.walk(field.range, async part => {
      if (part.kind === 'varint' && part.number === 2) dtype = Number(BigInt.asIntN(32, part.value))
      if (part.kind !== 'bytes') return
      if (part.number === 1) tensor = await wire.text(part.range, MAX_NAME_BYTES, 'the name of a tensor')
      else if (part.number === 3) shape = await readShape(wire, part.range, fail)
      else if (part.number === 4) {
        kind = 'sparse-tensor'
        await wire.walk(part.range, async sparse => {
          if (sparse.kind === 'bytes' && sparse.number === 1)
            tensor = await wire.text(sparse.range, MAX_NAME_BYTES, 'the name of a tensor')
        })
      } else if (part.number === 5) kind = 'opaque'
    })
  })
  return {
    name,
    kind,
    ...(dtype !== 0 && { dtype: dtypeOf(dtype) }),
    ...(shape && { shape }),
    ...(tensor && tensor !== name && { tensor }),
  }
}

function byName(a: SignatureValue, b: SignatureValue): number {
  return a.name < b.name ? -1 : Number(a.name > b.name)
}
