import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixtureInput } from '../../../test/fixtures/model-input.ts'
import { sourceOf } from '../../core/index.ts'
import type { Attribute } from '../types.ts'
import { lookup3 } from './bytes/lookup3.ts'
import { hdf5Hazards, openHdf5, openHdf5Model, walkHdf5 } from './index.ts'

const open = async (name: string) => openHdf5((await fixtureInput('hdf5', name)).source)

test.each([
  ['', 0, 0xdeadbeef],
  ['', 0xdeadbeef, 0xbd5b7dde],
  ['Four score and seven years ago', 0, 0x17770551],
  ['Four score and seven years ago', 1, 0xcd628161],
])('lookup3 of %j from %i, as its author gives it', (text, seed, hash) => {
  expect(lookup3(Buffer.from(text), seed)).toBe(hash)
})

describe.each(['dtypes-earliest.h5', 'dtypes-v108.h5'])('%s', name => {
  test('attributes of every kind', async () => {
    const object = await (await open(name)).open('attributes')
    const found: Record<string, Attribute> = {}
    for (const attribute of await object!.attributes()) found[attribute.name] = await attribute.value()
    expect(found).toEqual({
      text: 'é',
      list: ['a', 'bc'],
      fixed: [['x', 'yz']],
      number: -7,
      big: '18446744073709551615',
      matrix: [
        [0, 1],
        [2, 3],
      ],
      half: 0.5,
      nan: 'NaN',
      bool: true,
      empty: null,
      lists: [[1, 2], []],
    })
  })

  test('an attribute of a committed datatype', async () => {
    const [typed] = await (await (await open(name)).open('committed'))!.attributes()
    expect(await typed!.value()).toEqual([1, 2])
  })

  test('records say their fields, and enums their names where they are text', async () => {
    const model = await openHdf5Model(await fixtureInput('hdf5', name))
    const record = model.file.tensors.find(tensor => tensor.name === 'record')
    expect(record).toMatchObject({
      dtype: 'record',
      itemBytes: 31,
      stored: ['big-endian'],
      fields: [
        { name: 'id', dtype: 'int32', offset: 0, shape: [] },
        { name: 'weights', dtype: 'float32', offset: 4, shape: [2, 2] },
        {
          name: 'inner',
          dtype: 'record',
          offset: 20,
          fields: [
            { name: 'a', dtype: 'uint16', offset: 0 },
            { name: 'b', dtype: 'bool', offset: 2 },
          ],
        },
        { name: 'z', dtype: 'complex64', offset: 23 },
      ],
    })
  })
})

describe.each(['groups-earliest.h5', 'groups-v114-user-block.h5'])('%s', name => {
  test('references to other files are told, and not followed', async () => {
    const file = await open(name)
    const contents = await walkHdf5(file)
    expect(hdf5Hazards(contents)).toEqual([
      { kind: 'external-link', path: 'outside', target: '../../etc/passwd.h5:/secret' },
      { kind: 'external-file', path: 'raw', target: '/etc/hostname' },
      { kind: 'external-file', path: 'raw', target: 'more.raw' },
      { kind: 'virtual-dataset', path: 'virtual', target: 'first.h5:data' },
      { kind: 'virtual-dataset', path: 'virtual', target: 'second.h5:other/data' },
    ])
    expect(await file.open('outside')).toBeUndefined()
    const model = await openHdf5Model(await fixtureInput('hdf5', name))
    for (const tensor of ['raw', 'virtual']) {
      await expect(model.readTensor(tensor).next()).rejects.toMatchObject({
        code: 'FORMAT_UNSUPPORTED',
        message: expect.stringMatching(/not opened/),
      })
    }
    expect(model.file.notes).toContainEqual(expect.stringMatching(/5 references to other files/))
  })

  test.each([
    ['a/soft', 'a/b/c/deep'],
    ['a/b/relative', 'a/b/c/deep'],
    ['/a/again', 'a/again'],
    ['a/b/up/b/./c/deep', 'a/b/up/b/c/deep'],
  ])('the path %s leads to %s', async (path, found) => {
    expect(await (await open(name)).open(path)).toMatchObject({ kind: 'dataset', path: found })
  })

  test('a link that leads nowhere', async () => {
    expect(await (await open(name)).open('dangling')).toBeUndefined()
  })

  test('many attributes, a long one among them', async () => {
    const attributes = await (await (await open(name)).open('many'))!.attributes()
    expect(attributes).toHaveLength(31)
    const values = new Map(attributes.map(attribute => [attribute.name, attribute.value()]))
    expect(await values.get('long')).toBe('x'.repeat(5000))
    expect(await values.get('attribute-017')).toBe(17)
  })
})

test('the user block is passed over', async () => {
  expect(await open('groups-v114-user-block.h5')).toMatchObject({ userBlock: 1024, version: 3 })
})

test('a user block that was put in front afterwards', async () => {
  const { source } = await fixtureInput('hdf5', 'dtypes-v108.h5')
  const whole = await source.read(0, source.size)
  const file = await openHdf5(sourceOf(Buffer.concat([Buffer.alloc(2048, 'x'), whole])))
  expect(file.userBlock).toBe(2048)
  const scalar = await file.open('scalar')
  if (scalar?.kind !== 'dataset') throw new Error('no dataset')
  for await (const piece of scalar.read()) expect(Buffer.from(piece).readFloatLE()).toBe(1.5)
})

test('a checksum behind a chunk is verified', async () => {
  const folder = new URL('../../../test/fixtures/hdf5/', import.meta.url)
  const broken = readFileSync(new URL('chunks-latest.h5', folder))
  const intact = await openHdf5(sourceOf(broken))
  const found = await intact.open('growing-second')
  if (found?.kind !== 'dataset') throw new Error('no dataset')
  // The first chunk holds 0, 1, 2 and 11, 12, 13.
  const first = broken.indexOf(Buffer.from(Int32Array.of(0, 1, 2, 11, 12, 13).buffer), 0)
  const places: number[] = []
  for (
    let at = first;
    at >= 0;
    at = broken.indexOf(Buffer.from(Int32Array.of(0, 1, 2, 11, 12, 13).buffer), at + 1)
  )
    places.push(at)
  for (const at of places) broken[at]! ^= 1
  await expect(found.read().next()).rejects.toMatchObject({
    code: 'FORMAT_MALFORMED',
    message: expect.stringMatching(/checksum of a chunk/),
  })
})

test('readTensor names what comes near', async () => {
  const model = await openHdf5Model(await fixtureInput('hdf5', 'dtypes-v108.h5'))
  await expect(model.readTensor('plain/litle-f32').next()).rejects.toMatchObject({
    code: 'TENSOR_MISSING',
    hint: expect.stringMatching(/plain\/little-f32/),
  })
  await expect(model.readTensor('text/one').next()).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
})

test('attributes in the heap of shared messages', async () => {
  const object = await (await open('shared.h5')).open('filled-2')
  const [text] = await object!.attributes()
  expect(await text!.value()).toBe('one text of all of them')
})
