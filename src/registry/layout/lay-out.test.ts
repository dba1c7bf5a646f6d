import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import { type FileTree, folderTree, openModel } from '../../formats/index.ts'
import { cuts } from './cuts.ts'
import { layOut, layoutsOf } from './lay-out.ts'
import type { FileLayout } from './types.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures')
const fixture = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)))

/** A safetensors file of float32 tensors, whose header says what it is told to. */
function safetensors(header: object, data: number): Uint8Array<ArrayBuffer> {
  const json = Buffer.from(JSON.stringify(header))
  const file = new Uint8Array(8 + json.length + data)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  return file
}
const entry = (begin: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
})

describe('a file', () => {
  test('of safetensors is laid out by its header, of which nothing else is read', async () => {
    const bytes = safetensors({ a: entry(0, 400_000), b: entry(400_000, 8_000_000) }, 8_000_000)
    const inner = sourceOf(bytes)
    let read = 0
    const counted: ByteSource = {
      ...inner,
      read: (at, length) => {
        read += length
        return inner.read(at, length)
      },
    }
    const { format, tensors } = await layOut(counted, 'x')
    const start = bytes.length - 8_000_000
    expect(format).toBe('safetensors')
    expect(tensors).toEqual([
      { name: 'a', dtype: 'float32', shape: [100_000], offset: start, length: 400_000, kind: 'float32' },
      {
        name: 'b',
        dtype: 'float32',
        shape: [1_900_000],
        offset: start + 400_000,
        length: 7_600_000,
        kind: 'float32',
      },
    ])
    // What tells formats apart looks at 64 KiB.
    expect(read).toBeLessThan(70_000)
  })

  test.each([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(1000)],
    ['text', Buffer.from('Ballast holds a ship upright.\n')],
    ['gzip around a model', gzipSync(safetensors({ a: entry(0, 64) }, 64))],
  ])('of %s has no tensors', async (_, bytes) => {
    expect((await layOut(sourceOf(bytes), 'x')).tensors).toEqual([])
  })
})

/** Of each file of a model that another one describes, the same bytes as the model's own reader reads. */
describe('files that others describe', () => {
  test.each([
    ['onnx/external', 'model.onnx'],
    ['tensorflow/checkpoint', 'ckpt-1.index'],
    ['tensorflow/many', 'model.index'],
    ['tensorflow/shards', 'ckpt.index'],
    ['tensorflow/keras', 'saved_model.pb'],
    ['tensorflow/v1', 'saved_model.pb'],
    ['tensorflow/tfjs/layers', 'model.json'],
    ['tensorflow/tfjs/graph', 'model.json'],
    ['safetensors/sharded', 'model.safetensors.index.json'],
  ])('%s', async (folder, main) => {
    const tree = folderTree(join(FIXTURES, folder))
    const layouts = await layoutsOf(tree)
    const model = await openModel(join(FIXTURES, folder, main))
    const told = new Set<string>()
    for (const [path, { tensors }] of layouts) {
      const source = await tree.open(path)
      for (const { name, offset, length } of tensors) {
        // A part of one that lies in several files says at which element it begins.
        const [, part, first = '0'] = /^(.*)\[(\d+)\]$/s.exec(name) ?? []
        const info = model.file.tensors.find(each => each.name === (part ?? name) || each.key === name)
        if (!info?.bytes) continue
        const pieces: Uint8Array[] = []
        for await (const piece of model.readTensor(info.name)) pieces.push(new Uint8Array(piece))
        const begin = (Number(first) * info.bytes) / info.elements
        const own = Buffer.concat(pieces).subarray(begin, begin + length)
        const stored = Buffer.from(await source.read(offset, length))
        expect(stored.equals(own)).toBe(true)
        told.add(info.name)
      }
      await source.close()
    }
    const left = model.file.tensors.filter(({ name, bytes = 0, dtype, stored = [] }) => {
      const whole = !/partitioned|typed/.test(stored.join(' ')) && dtype !== 'string'
      return bytes > 0 && whole && !told.has(name)
    })
    expect(told.size).toBeGreaterThan(0)
    expect(left.map(({ name }) => name).filter(name => !SECOND[folder]?.test(name))).toEqual([])
    await model.close()
  })

  /** Tensors over the bytes of others. */
  const SECOND: Readonly<Record<string, RegExp | undefined>> = {
    'onnx/external': /^(page|shared|if\/then_branch::inner)$/,
  }

  test('are laid out one by one with the file that describes them', async () => {
    const data = fixture('onnx/external/weights.data')
    const source = sourceOf(data)
    expect((await layOut(source, 'weights.data')).tensors).toEqual([])
    const companion = { source: sourceOf(fixture('onnx/external/model.onnx')), name: 'model.onnx' }
    const { tensors } = await layOut(source, 'weights.data', companion)
    const whole = await layoutsOf(folderTree(join(FIXTURES, 'onnx/external')))
    expect(tensors.length).toBeGreaterThan(0)
    expect(tensors).toEqual(whole.get('weights.data')!.tensors)
    // Under a name that the model does not call it by it stays what it is.
    expect((await layOut(source, 'other.bin', companion)).tensors).toEqual([])
  })

  test('a part of a split model tells its own tensors, without the others', async () => {
    const name = 'split-00002-of-00003.gguf'
    const { tensors } = await layOut(sourceOf(fixture(`gguf/${name}`)), name)
    expect(tensors.length).toBeGreaterThan(0)
  })

  test('a file that can’t be opened is left out', async () => {
    const tree: FileTree = {
      name: 'broken',
      list: async () => [
        { path: 'a', size: 1 },
        { path: 'b', size: 3 },
      ],
      open: async path => {
        if (path === 'a') throw new Error('gone')
        return sourceOf(Uint8Array.of(1, 2, 3))
      },
    }
    expect([...(await layoutsOf(tree)).keys()]).toEqual(['b'])
  })
})

describe('a hostile file', () => {
  test('with a constant of 100 axes is laid out without it: no recipe has room for such', async () => {
    const sizes = new Array<Uint8Array>(100).fill(message(2, Uint8Array.of(8, 1)))
    const shaped = (axes: readonly Uint8Array[]) =>
      message(
        1,
        text(1, 'c'),
        text(2, 'Const'),
        message(
          5,
          text(1, 'value'),
          message(
            2,
            message(8, Uint8Array.of(8, 1), message(2, ...axes), message(4, new Uint8Array(4000).fill(1))),
          ),
        ),
      )
    const wide = message(2, Uint8Array.of(8, 0xe8, 7))
    const few = await layOut(sourceOf(shaped([wide])), 'x')
    expect(few).toMatchObject({ format: 'tensorflow-graphdef', tensors: [{ shape: [1000], length: 4000 }] })
    const many = await layOut(sourceOf(shaped([...sizes, wide])), 'x')
    expect(many).toEqual({ format: 'tensorflow-graphdef', tensors: [] })
  })

  const header = (entries: object, data = 64) => layOut(sourceOf(safetensors(entries, data)), 'x')

  test.each([
    ['tensors over one another', { a: entry(0, 40), b: entry(24, 64) }],
    ['a tensor beyond the end', { a: entry(0, 4000) }],
    ['a tensor of 2^60 bytes', { a: { dtype: 'F32', shape: [2 ** 58], data_offsets: [0, 2 ** 60] } }],
    ['a negative place', { a: { dtype: 'F32', shape: [16], data_offsets: [-64, 0] } }],
  ])('of %s is bytes', async (_, entries) => {
    expect(await header(entries)).toEqual({ tensors: [] })
  })

  test('whose header says it is larger than the file is bytes', async () => {
    const bytes = safetensors({ a: entry(0, 64) }, 64)
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 39n, true)
    expect(await layOut(sourceOf(bytes), 'x')).toEqual({ tensors: [] })
  })

  test('that fails when it is read is bytes, and the failure comes when they are stored', async () => {
    const source: ByteSource = {
      name: 'broken',
      size: 1000,
      read: async () => {
        throw new Error('I/O error')
      },
      close: async () => {},
    }
    expect(await layOut(source, 'x')).toEqual({ tensors: [] })
    await expect(cuts(source, { tensors: [] }).next()).rejects.toThrow('I/O error')
  })

  test('named like a way out, or like a prototype, is laid out all the same', async () => {
    const bytes = safetensors({ __proto__x: entry(0, 32), constructor: entry(32, 64) }, 64)
    for (const name of ['../../etc/passwd', '__proto__', '', '\0']) {
      const { tensors } = await layOut(sourceOf(bytes), name)
      expect(tensors.map(tensor => tensor.name)).toEqual(['__proto__x', 'constructor'])
    }
  })
})

const DAMAGED = [
  'safetensors/plain.safetensors',
  'gguf/types.gguf',
  'numpy/stored.npz',
  'onnx/dtypes.onnx',
  'hdf5/chunks-latest.h5',
  'keras/k3-sequential.keras',
  'pytorch/checkpoint.pt',
  'pytorch/dtypes-legacy.pt',
  'pickle/arrays.joblib',
  'tensorflow/frozen.pb',
  'tflite/two.tflite',
]

test.each(DAMAGED)('damaged copies of %s never throw, and are cut whole', async name => {
  const original = fixture(name)
  const changes = fc.array(
    fc.tuple(fc.nat(original.length - 1), fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255))),
    { maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(changes, fc.option(fc.nat(original.length)), async (bytes, end) => {
      const damaged = original.slice(0, end ?? original.length)
      for (const [at, value] of bytes) if (at < damaged.length) damaged[at] = value
      const source = sourceOf(damaged)
      const layout = await layOut(source, 'x')
      expectSound(layout, source.size)
      let at = 0
      for await (const { piece } of cuts(source, layout)) {
        expect(piece.offset).toBe(at)
        at += piece.length
      }
      expect(at).toBe(damaged.length)
    }),
    { numRuns: 60 },
  )
})

/** In order, within the file, none over another. */
function expectSound({ tensors }: FileLayout, size: number): void {
  let end = 0
  for (const { offset, length } of tensors) {
    expect(offset).toBeGreaterThanOrEqual(end)
    expect(length).toBeGreaterThan(0)
    end = offset + length
  }
  expect(end).toBeLessThanOrEqual(size)
}

/** A field of protobuf that holds bytes: of other fields, or of a text. */
function message(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(parts)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]
  return Buffer.concat([Uint8Array.of((number << 3) | 2, ...length), bytes])
}

function text(number: number, value: string): Uint8Array {
  return message(number, Buffer.from(value))
}
