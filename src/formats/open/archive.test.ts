import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { openFolder } from '../open/open.ts'
import { memoryTree } from '../tree/memory.ts'
import { zipTo } from '../zip/write.ts'
import { tensorPlaces } from './places.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures')
const fixture = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)))

/** ONNX with external data: small, and padded, so that both are looked into. */
const model = fixture('onnx/external/model.onnx')
const weights = fixture('onnx/external/weights.data')
/** One tensor of 2,000 float32. */
const tensors = (() => {
  const json = Buffer.from('{"w":{"dtype":"F32","shape":[2000],"data_offsets":[0,8000]}}')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const data = Buffer.from(Array.from({ length: 8000 }, (_, i) => (i * 31) % 251))
  return new Uint8Array(Buffer.concat([length, json, data]))
})()

type Files = readonly (readonly [name: string, bytes: Uint8Array, method?: 'stored' | 'deflate'])[]

async function zip(files: Files): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const writer = zipTo({
    async write(bytes) {
      parts.push(new Uint8Array(bytes))
    },
  })
  for (const [name, bytes, method] of files) await writer.add(name, bytes.length, one(bytes), method)
  await writer.finish()
  return new Uint8Array(Buffer.concat(parts))
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes
}

/** As POSIX has it: name, size and checksum in octal digits, blocks of 512 bytes. */
function tar(files: Files): Uint8Array {
  const parts = files.flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        0', 148)
    header.write('ustar\x0000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(1024)]))
}

async function placed(bytes: Uint8Array) {
  const source = sourceOf(bytes, 'archive')
  return tensorPlaces({ source, path: 'archive', tree: memoryTree(new Map()) })
}

describe.each([
  ['zip', zip],
  ['tar', async (files: Files) => tar(files)],
])('a %s archive', (format, pack) => {
  test('has the tensors of its members, where they lie in it', async () => {
    const bytes = await pack([
      ['readme.txt', Buffer.from('hello')],
      ['sub/model.safetensors', tensors],
    ])
    const found = await placed(bytes)
    expect(found).toMatchObject({
      format,
      places: [{ name: 'sub/model.safetensors:w', shape: [2000], bytes: 8000 }],
    })
    const { offset } = found!.places[0]!
    expect(Buffer.compare(bytes.subarray(offset, offset + 8000), tensors.subarray(-8000))).toBe(0)
  })

  test('has those that one member describes in another', async () => {
    const padded = new Uint8Array(Buffer.concat([model, docString(4096)]))
    const bytes = await pack([
      ['m/weights.data', weights],
      ['m/model.onnx', padded],
    ])
    const { places } = (await placed(bytes))!
    const read = await openFolder(
      memoryTree(
        new Map([
          ['model.onnx', model],
          ['weights.data', weights],
        ]),
      ),
    )
    expect(places.length).toBe(6)
    for (const { name, offset, bytes: length, path } of places) {
      expect(path).toBeUndefined()
      const pieces: Uint8Array[] = []
      for await (const piece of read.readTensor(name.replace('m/model.onnx:', '')))
        pieces.push(new Uint8Array(piece))
      expect(Buffer.compare(bytes.subarray(offset, offset + length), Buffer.concat(pieces))).toBe(0)
    }
    await read.close()
  })

  test('with a damaged member has the tensors of the others', async () => {
    const broken = tensors.slice()
    broken[0]! ^= 1
    const { places } = (await placed(
      await pack([
        ['a', broken],
        ['b', tensors],
      ]),
    ))!
    expect(places.map(({ name }) => name)).toEqual(['b:w'])
  })

  test('in an archive is bytes', async () => {
    const inner = await pack([['model.safetensors', tensors]])
    expect((await placed(await pack([['inner', inner]])))?.places).toEqual([])
  })
})

test('what is deflated has no place', async () => {
  const { places } = (await placed(
    await zip([
      ['a', tensors, 'deflate'],
      ['b', tensors],
    ]),
  ))!
  expect(places.map(({ name }) => name)).toEqual(['b:w'])
})

/** ModelProto's field 6, in which people write about a model: its tag, a length of two bytes, spaces. */
function docString(length: number): Uint8Array {
  const text = Buffer.alloc(length, ' ')
  return Buffer.concat([Uint8Array.of(0x32, (length & 127) | 128, length >> 7), text])
}
