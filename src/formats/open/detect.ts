import { extname } from 'node:path/posix'
import type { ByteSource } from '../../core/index.ts'
import { isLfsPointer } from '../sniff.ts'
import type { Detected } from './detected.ts'
import { jsonKind } from './json-kind.ts'
import { byMagic } from './magic.ts'
import { isUnmarkedPickle } from './pickle-kind.ts'
import { protobufKind } from './protobuf-kind.ts'
import { csvOrJsonl, isText } from './text-kind.ts'
import { zipKind } from './zip-kind.ts'

/** How much of the beginning is looked at first. */
export const HEAD_BYTES: number = 64 * 1024

/** 0xdb4775248b80fb57, little-endian. */
const TABLE_MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

/**
 * What a file is, by its content; its name decides only between kinds of plain text. Undefined where nothing is
 * recognised. Reads some KiB, never the whole.
 */
export async function detectFormat(source: ByteSource, name: string): Promise<Detected | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  if (isLfsPointer(head)) return undefined
  const sure = byMagic(head)
  if (sure === 'zip') return zipKind(source)
  if (sure) return sure
  if (await isTable(source)) return 'tensorflow-checkpoint'
  const json = jsonKind(head)
  if (json) return json
  const protobuf = await protobufKind(source)
  if (protobuf) return protobuf
  if (isText(head)) {
    const text = csvOrJsonl(head, extname(name).toLowerCase())
    if (text) return text
  }
  return (await isUnmarkedPickle(head, source.size)) ? 'pickle' : undefined
}

/** The magic number at the end of a LevelDB table: the index of a TensorFlow checkpoint. */
async function isTable(source: ByteSource): Promise<boolean> {
  if (source.size < TABLE_MAGIC.length) return false
  const tail = await source.read(source.size - TABLE_MAGIC.length, TABLE_MAGIC.length)
  return TABLE_MAGIC.every((byte, i) => tail[i] === byte)
}
