import { bytesPerElement, type Dtype, elementCount, type Tensor, viewAs } from '../../../core/index.ts'
import { refuse } from '../refuse.ts'

/** A string element's length field in the binary tensor extension. */
const LENGTH_BYTES = 4

/** Raw little-endian elements as a tensor: a view where memory allows. Throws REQUEST_INVALID. */
export function tensorOfBytes(name: string, dtype: Dtype, shape: readonly number[], bytes: Buffer): Tensor {
  const count = elementCount(shape)
  if (dtype === 'string') return { dtype, shape, data: stringsOf(name, count, bytes) }
  const expected = count * (bytesPerElement(dtype) ?? 1)
  if (bytes.length !== expected) {
    throw refuse(
      `Expected ${expected} bytes for the input '${name}' of shape [${shape.join(', ')}], found ${bytes.length}`,
      'binary_data_size is the number of elements times the size of one.',
    )
  }
  return { dtype, shape, data: viewAs(dtype, bytes) }
}

/** A tensor's elements as bytes: a view for numbers, length-prefixed UTF-8 for strings. */
export function bytesOfTensor({ data }: Tensor): Uint8Array {
  if (!isStrings(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat(
    data.flatMap(text => {
      const bytes = Buffer.from(text)
      const length = Buffer.allocUnsafe(LENGTH_BYTES)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    }),
  )
}

export function isStrings(data: Tensor['data']): data is readonly string[] {
  return Array.isArray(data)
}

function stringsOf(name: string, count: number, bytes: Buffer): readonly string[] {
  const texts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const end = at + LENGTH_BYTES <= bytes.length ? at + LENGTH_BYTES + bytes.readUInt32LE(at) : Infinity
    if (end > bytes.length)
      throw refuse(`An element of the BYTES input '${name}' is longer than what is left`)
    texts.push(bytes.toString('utf8', at + LENGTH_BYTES, end))
    at = end
  }
  if (texts.length !== count) {
    throw refuse(`Expected ${count} elements in the BYTES input '${name}', found ${texts.length}`)
  }
  return texts
}
