import type { Dtype, Tensor, Tensors } from '../../core/index.ts'

/** The datatypes of the Open Inference Protocol. */
export const DATATYPES: Readonly<Record<Dtype, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  bfloat16: 'BF16',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
}

export interface HttpBody {
  readonly body: Buffer
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request of the Open Inference Protocol with its tensors in binary behind the JSON. */
export function binaryRequest(inputs: Tensors, { binaryAnswer = false } = {}): HttpBody {
  const parts: Buffer[] = []
  const described = Object.entries(inputs).map(([name, tensor]) => {
    const bytes = bytesOf(tensor)
    parts.push(bytes)
    const { dtype, shape } = tensor
    return { name, shape, datatype: DATATYPES[dtype], parameters: { binary_data_size: bytes.length } }
  })
  const json = Buffer.from(
    JSON.stringify({ inputs: described, ...(binaryAnswer && { parameters: { binary_data_output: true } }) }),
  )
  return {
    body: Buffer.concat([json, ...parts]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
  }
}

/** The same in JSON alone. 16-bit floats have no JSON form in the protocol: they go as binary only. */
export function jsonRequest(inputs: Tensors): HttpBody {
  const described = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
    return { name, shape, datatype: DATATYPES[dtype], data: jsonValues(dtype, data) }
  })
  return {
    body: Buffer.from(JSON.stringify({ inputs: described })),
    headers: { 'content-type': 'application/json' },
  }
}

/** Whether all of them can be written in JSON. */
export function fitsJson(inputs: Tensors): boolean {
  return Object.values(inputs).every(({ dtype }) => dtype !== 'float16' && dtype !== 'bfloat16')
}

function jsonValues(dtype: Dtype, data: Tensor['data']): readonly (number | string | boolean)[] {
  return Array.from<number | bigint | string, number | string | boolean>(data, value => {
    if (typeof value === 'string') return value
    return dtype === 'bool' ? Number(value) !== 0 : Number(value)
  })
}

/** Little-endian; a text is its length in 4 bytes and its UTF-8. */
export function bytesOf({ data }: Tensor): Buffer {
  if (!ArrayBuffer.isView(data)) {
    return Buffer.concat(
      data.flatMap(text => {
        const bytes = Buffer.from(text)
        const length = Buffer.alloc(4)
        length.writeUInt32LE(bytes.length)
        return [length, bytes]
      }),
    )
  }
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}
