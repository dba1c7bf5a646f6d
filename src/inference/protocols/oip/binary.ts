import { isUtf8 } from 'node:buffer'
import { bytesPerElement, type Dtype, elementCount, type Tensor, viewAs } from '../../../core/index.ts'
import { MAX_TEXTS } from '../limits.ts'
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

/** An element of a BYTES input: ONNX's strings are text. Throws REQUEST_INVALID for what is not UTF-8. */
export function textOf(name: string, bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw refuse(
    `An element of the BYTES input '${name}' is not UTF-8`,
    'The model takes texts. Bytes of another kind have to be sent as base64, if the model knows it.',
  )
}

function stringsOf(name: string, count: number, bytes: Buffer): readonly string[] {
  // Each element takes four bytes at least: memory follows what was sent.
  if (count > bytes.length / LENGTH_BYTES || count > MAX_TEXTS) {
    throw refuse(`Expected ${count} elements in the BYTES input '${name}', found ${bytes.length} bytes`)
  }
  const texts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const end = at + LENGTH_BYTES <= bytes.length ? at + LENGTH_BYTES + bytes.readUInt32LE(at) : Infinity
    if (end > bytes.length)
      throw refuse(`An element of the BYTES input '${name}' is longer than what is left`)
    texts.push(textOf(name, bytes.subarray(at + LENGTH_BYTES, end)))
    at = end
  }
  if (texts.length !== count) {
    throw refuse(`Expected ${count} elements in the BYTES input '${name}', found ${texts.length}`)
  }
  return texts
}
