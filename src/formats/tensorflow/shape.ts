import type { Range, Wire } from '../protobuf/wire.ts'
import type { TensorflowFailures } from './failures.ts'
import { MAX_NAME_BYTES, MAX_RANK } from './limits.ts'

/**
 * A TensorShapeProto: 2 dim (1 size, 2 name), 3 unknown_rank. Undefined where the rank is not known; free sizes
 * are null, or their name.
 */
export async function readShape(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<(number | string | null)[] | undefined> {
  const shape: (number | string | null)[] = []
  let unknown = false
  await wire.walk(range, async field => {
    if (field.kind === 'varint' && field.number === 3) unknown = field.value !== 0n
    if (field.kind !== 'bytes' || field.number !== 2) return
    const place = { name: wire.source.name, offset: field.range.start }
    if (shape.length >= MAX_RANK) throw fail.limit(place, `a shape has more than ${MAX_RANK} dimensions`)
    let size = 0n
    let name = ''
    await wire.walk(field.range, async part => {
      if (part.kind === 'varint' && part.number === 1) size = BigInt.asIntN(64, part.value)
      if (part.kind === 'bytes' && part.number === 2)
        name = await wire.text(part.range, MAX_NAME_BYTES, 'the name of an axis')
    })
    if (size > BigInt(Number.MAX_SAFE_INTEGER))
      throw fail.malformed(place, `a dimension of ${size} is beyond any file`)
    shape.push(size < 0n ? name || null : Number(size))
  })
  return unknown ? undefined : shape
}

/** A shape in which every size is known. */
export async function readFullShape(wire: Wire, range: Range, fail: TensorflowFailures): Promise<number[]> {
  const shape = await readShape(wire, range, fail)
  return (shape ?? [null]).map(size => {
    if (typeof size === 'number') return size
    const place = { name: wire.source.name, offset: range.start }
    throw fail.malformed(place, 'the shape of a stored tensor has a size that is not known')
  })
}
