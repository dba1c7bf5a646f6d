import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../test/fixtures/model-input.ts'
import { sourceOf } from '../../core/index.ts'
import type { OpenModel } from '../ports.ts'
import { openNpzModel } from './archive.ts'
import { readNpy } from './array.ts'
import { openNpyModel } from './model.ts'
import { openNpz } from './npz.ts'
import { type ArrayToWrite, writeNpy, writeNpz } from './write/index.ts'

interface Expected {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes?: number
  readonly sha256?: string
  readonly texts?: readonly string[]
}

const fixture = (name: string) =>
  readFile(new URL(`../../../test/fixtures/numpy/kinds/${name}`, import.meta.url))
const expected: Record<string, unknown> = JSON.parse((await fixture('expected.json')).toString())
const arrays = Object.entries(expected).filter(([name]) => name.endsWith('.npy')) as [string, Expected][]

async function holds(model: OpenModel, name: string, { sha256, texts, ...info }: Expected): Promise<void> {
  expect(model.file.tensors.find(tensor => tensor.name === name)).toMatchObject(info)
  if (sha256) expect(await digestOf(model, name)).toEqual({ sha256, bytes: info.bytes })
  else if (texts) expect(await allOf(model.readText!(name))).toEqual(texts)
  else await expect(model.readTensor(name).next()).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
}

describe('arrays that numpy wrote', () => {
  test.each(arrays)('%s', async (path, array) => {
    const model = await openNpyModel(await fixtureInput('numpy/kinds', path))
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    await holds(model, path.slice(0, -4), array)
  })

  test.each(['stored.npz', 'deflated.npz'])('%s', async path => {
    const model = await openNpzModel(await fixtureInput('numpy/kinds', path))
    const members = Object.entries(expected[path] as Record<string, Expected>)
    expect(model.file.tensors.map(({ name }) => name)).toEqual(members.map(([name]) => name))
    for (const [name, array] of members) await holds(model, name, array)
  })

  test('objects are told, never built', async () => {
    const model = await openNpyModel(await fixtureInput('numpy/kinds', 'objects.npy'))
    expect(await allOf(model.readText!('objects'))).toEqual(['1', 'two', 'null', '4'])
    const bytes = await fixture('objects.npy')
    const other = Buffer.from(
      bytes.toString('latin1').replace("'shape': (2, 2)", "'shape': (2, 3)"),
      'latin1',
    )
    const wrong = await openNpyModel(memoryInput(other, 'o.npy'))
    await expect(allOf(wrong.readText!('o'))).rejects.toMatchObject({
      code: 'NPY_INVALID',
      message: /6 objects/,
    })
  })

  test('records are described with their fields', async () => {
    const input = await fixtureInput('numpy/kinds', 'records-nested-aligned.npy')
    expect((await openNpyModel(input)).file.tensors).toEqual([
      {
        name: 'records-nested-aligned',
        dtype: 'record',
        shape: [4],
        elements: 4,
        bytes: 96,
        itemBytes: 24,
        fields: [
          { name: 'id', dtype: 'int8', offset: 0, shape: [] },
          {
            name: 'inner',
            dtype: 'record',
            offset: 2,
            shape: [3],
            itemBytes: 4,
            fields: [
              { name: 'a', dtype: 'uint16', offset: 0, shape: [] },
              { name: 'b', dtype: 'uint8', offset: 2, shape: [] },
            ],
          },
          { name: 'value', dtype: 'float64', offset: 16, shape: [] },
        ],
      },
    ])
  })

  test('metadata of a deflated archive is read without unpacking it', async () => {
    const source = (await fixtureInput('numpy/kinds', 'deflated.npz')).source
    let read = 0
    const counting = {
      ...source,
      read(offset: number, length: number) {
        read += length
        return source.read(offset, length)
      },
    }
    const input = await fixtureInput('numpy/kinds', 'deflated.npz')
    const { file } = await openNpzModel({ ...input, source: counting })
    expect(file.tensors.at(-1)).toMatchObject({ name: 'big', shape: [300, 300], stored: ['deflate'] })
    expect(read).toBeLessThan(source.size + 1200)
  })
})

test('a field of records is an array of its own', async () => {
  const source = sourceOf(await fixture('records-mixed.npy'), 'r.npy')
  expect(await readNpy(source, { field: 'label' })).toMatchObject({ dtype: 'string', shape: [2, 3] })
  const n = await readNpy(source, { field: 'n' })
  expect(n).toMatchObject({ dtype: 'int16', shape: [2, 3, 2, 2] })
  expect(n.data).toHaveLength(24)
  await expect(readNpy(source, { field: 'q' })).rejects.toMatchObject({ hint: /x, n, label, z/ })
  await expect(readNpy(source, { field: 'z' })).rejects.toMatchObject({ code: 'NPY_UNSUPPORTED' })
})

const literal = (descr: string, shape = '(1,)') =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`

function npy(header: string, data: Uint8Array): Uint8Array {
  const prefix = Buffer.from('\x93NUMPY\x02\0\0\0\0\0', 'latin1')
  prefix.writeUInt32LE(header.length, 8)
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), data])
}

describe('crafted types', () => {
  test.each([
    ['a field twice', "[('a', '<i4'), ('a', '<i4')]"],
    ['a field without a type', "[('a',)]"],
    ['a field with a negative size', "[('a', '<i4', (-1,))]"],
    ['a field of petabytes', "[('a', '<i4', (9007199254740991,))]"],
    ['records a hundred deep', `${"[('a', ".repeat(100)}'<i4'${')]'.repeat(100)}`],
    ['lists a thousand deep', '['.repeat(1000)],
    ['a type of bits', "'<i3'"],
    ['a type that is code', "__import__('os').system('id')"],
    ['a type that is a number', '4'],
    ['elements of terabytes', "'|V4294967296'"],
    ['a string that does not end', "'<i4"],
    ['an escape beyond Unicode', "[('\\UFFFFFFFF', '<i4')]"],
    ['elements of no bytes, without end', "'|S0'"],
  ])('%s', async (name, descr) => {
    const shape = name.endsWith('end') ? '(9007199254740991,)' : '(1,)'
    const input = memoryInput(npy(literal(descr, shape), new Uint8Array(4)), 'a.npy')
    await expect(readAll(openNpyModel, input)).rejects.toMatchObject({ code: 'NPY_INVALID' })
  })

  test.each(['records-nested-aligned.npy', 'texts-fortran.npy', 'objects.npy', 'deflated.npz', 'stored.npz'])(
    'mutations of %s are read or refused with a typed error',
    async path => {
      const reader = path.endsWith('.npz') ? openNpzModel : openNpyModel
      for (const bytes of mutations(await fixture(path), 300)) {
        try {
          await readAll(reader, memoryInput(bytes, path))
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(NPY|ZIP|DATA|FORMAT|RANGE)_/) })
        }
      }
    },
  )
})

describe('writing', () => {
  async function written(write: (sink: { write(bytes: Uint8Array): Promise<void> }) => Promise<void>) {
    const pieces: Uint8Array[] = []
    await write({ write: async bytes => void pieces.push(Uint8Array.from(bytes)) })
    return Buffer.concat(pieces)
  }

  async function again(path: string): Promise<ArrayToWrite> {
    const model = await openNpyModel(await fixtureInput('numpy/kinds', path))
    const [info] = model.file.tensors
    const unit = info!.stored?.find(text => text.startsWith('unit '))?.slice(5)
    const data =
      info!.dtype === 'string' ? await allOf(model.readText!(info!.name)) : model.readTensor(info!.name)
    return { ...info!, data, ...(unit && { unit }) }
  }

  test.each(['complex64.npy', 'float128.npy', 'spans.npy', 'void.npy'])(
    '%s, read and written again, is the same byte for byte',
    async path => {
      expect(await written(async sink => writeNpy(await again(path), sink))).toEqual(await fixture(path))
    },
  )

  test.each(['stored', 'deflate'] as const)('an archive of %s arrays reads back', async method => {
    const names = ['complex128-big-fortran.npy', 'texts-fortran.npy', 'dates-big.npy', 'bits.npy']
    const list = await Promise.all(names.map(async name => ({ ...(await again(name)), name })))
    const bytes = await written(sink => writeNpz(list, sink, { method }))
    const model = await openNpzModel(memoryInput(bytes, 'w.npz'))
    expect(model.file.tensors.map(({ name }) => name)).toEqual(names)
    for (const name of names) await holds(model, name, expected[name] as Expected)
    expect((await openNpz(sourceOf(bytes))).names).toEqual(names)
  })

  const plain: ArrayToWrite = { dtype: 'float32', shape: [2], data: new Uint8Array(8) }
  test.each<[string, ArrayToWrite, string]>([
    ['too little data', { ...plain, shape: [3] }, 'NPY_INVALID'],
    ['too much data', { ...plain, shape: [1] }, 'NPY_INVALID'],
    ['texts that are too many', { ...plain, dtype: 'string', data: ['a'] }, 'NPY_INVALID'],
    ['bfloat16', { ...plain, dtype: 'bfloat16' }, 'FORMAT_UNSUPPORTED'],
  ])('%s is refused', async (_, array, code) => {
    await expect(written(sink => writeNpy(array, sink))).rejects.toMatchObject({ code })
  })
})
