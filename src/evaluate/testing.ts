/** Data files for the tests of this part, made in memory. */
import { crc32, gzipSync } from 'node:zlib'
import type { Tensor } from '../core/index.ts'

const DESCR = { uint8: '|u1', float32: '<f4', float64: '<f8', int64: '<i8' } as const
type NpyData = Uint8Array | Float32Array | Float64Array | BigInt64Array

/** A .npy file, version 1. */
export function npy(dtype: keyof typeof DESCR, shape: readonly number[], data: NpyData): Buffer {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  const text = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`
  const header = `${text.padEnd(117)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header), bytes])
}

/** A .npz file, stored without compression. */
export function npz(arrays: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [array, content] of Object.entries(arrays)) {
    const name = Buffer.from(`${array}.npy`)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(33, 8)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(content.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, content])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, name]))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}

/** An IDX file of bytes, gzip'd where asked. */
export function idx(shape: readonly number[], data: readonly number[], gzip = false): Buffer {
  const sizes = Buffer.alloc(4 * shape.length)
  shape.forEach((size, axis) => {
    sizes.writeUInt32BE(size, 4 * axis)
  })
  const file = Buffer.concat([Buffer.from([0, 0, 8, shape.length]), sizes, Buffer.from(data)])
  return gzip ? gzipSync(file) : file
}

export function float32(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) }
}
