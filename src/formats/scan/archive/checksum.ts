import { crc32 } from 'node:zlib'
import type { ByteSource } from '../../../core/index.ts'
import { chunksOf } from '../../bytes/ranges.ts'

const CHUNK: number = 1024 * 1024

/** CRC-32 of all bytes of a source. */
export async function checksumOf(source: ByteSource): Promise<number> {
  let sum = 0
  for await (const chunk of chunksOf(source, CHUNK)) sum = crc32(chunk, sum)
  return sum
}
