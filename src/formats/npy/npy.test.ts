import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, type Dtype, sourceOf } from '../../core/index.ts'
import { openNpy, readNpy } from './array.ts'
import { openNpz } from './npz.ts'

const fixture = async (name: string): Promise<ByteSource> =>
  sourceOf(await readFile(new URL(`../../../test/fixtures/numpy/${name}`, import.meta.url)), name)
const read = async (name: string) => readNpy(await fixture(name))
const count24 = Array.from({ length: 24 }, (_, i) => i)

describe('arrays that numpy wrote', () => {
  test.each([
    ['c-int64.npy', 'int64', count24.map(BigInt)],
    ['fortran-float32.npy', 'float32', count24.map(i => i / 2)],
    ['big-endian-int16.npy', 'int16', count24.map(i => i - 12)],
    ['big-endian-float64.npy', 'float64', count24.map(i => i / 3)],
    ['bool.npy', 'bool', count24.map(i => (i % 3 === 0 ? 1 : 0))],
  ] as const)('%s is %s [2, 3, 4] in C order', async (name, dtype, values) => {
    const tensor = await read(name)
    expect(tensor).toMatchObject({ dtype, shape: [2, 3, 4] })
    expect(Array.from<number | bigint | string>(tensor.data)).toEqual(values)
  })

  test('float16 comes as its raw bits', async () => {
    const { dtype, data } = await read('float16.npy')
    expect(dtype).toBe('float16')
    expect(data).toBeInstanceOf(Uint16Array)
    const { buffer, byteOffset, length } = data as Uint16Array
    expect(Array.from(new Float16Array(buffer, byteOffset, length))).toEqual(count24.map(i => i / 8))
  })

  test.each([
    ['unicode.npy', ['cat', '狗', '', 'naïve 🐟']],
    ['big-endian-unicode.npy', ['cat', '狗']],
    ['bytes.npy', ['cat', 'doggy', '']],
  ])('%s holds strings', async (name, data) => {
    expect(await read(name)).toEqual({ dtype: 'string', shape: [data.length], data })
  })

  test('a scalar has no axes, and an empty array no elements', async () => {
    expect(await read('scalar.npy')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(2.5) })
    expect(await read('empty.npy')).toEqual({ dtype: 'uint8', shape: [0, 5], data: new Uint8Array(0) })
  })

  test.each([
    ['objects.npy', /Python objects.*pickle/],
    ['records.npy', /records/],
    ['complex.npy', /complex/],
    ['dates.npy', /dates/],
  ])('%s is refused with the reason', async (name, message) => {
    await expect(read(name)).rejects.toMatchObject({
      code: 'NPY_UNSUPPORTED',
      message: expect.stringMatching(message),
    })
  })

  test.each(['stored.npz', 'deflated.npz'])('%s gives its arrays by name', async name => {
    const npz = await openNpz(await fixture(name))
    expect(npz.names).toEqual(['x', 'y'])
    const x = await npz.array('x')
    expect(x).toMatchObject({ dtype: 'uint8', shape: [2, 3, 4] })
    expect(await x.read()).toEqual({ dtype: 'uint8', shape: [2, 3, 4], data: Uint8Array.from(count24) })
    await expect(npz.array('z')).rejects.toMatchObject({ code: 'ZIP_ENTRY_MISSING', hint: 'It has x, y.' })
  })
})

describe('rows', () => {
  test.each(['c-int64.npy', 'fortran-float32.npy', 'big-endian-int16.npy'])(
    'of %s are those of the whole',
    async name => {
      const array = await openNpy(await fixture(name))
      const whole = await array.read()
      const second = await array.rows(1, 2)
      expect(second.shape).toEqual([1, 3, 4])
      expect(second.data).toEqual(whole.data.slice(12))
      expect((await array.rows(2, 2)).data).toHaveLength(0)
    },
  )

  test('read only their own bytes', async () => {
    const file = npy(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1000, 100), }",
      new Uint8Array(100_000),
    )
    const reads: number[] = []
    const inner = sourceOf(file)
    const array = await openNpy({
      ...inner,
      read(at, length) {
        reads.push(length)
        return inner.read(at, length)
      },
    })
    reads.length = 0
    await array.rows(500, 502)
    expect(reads).toEqual([200])
  })

  test.each([
    [-1, 1],
    [0, 3],
    [2, 1],
    [0.5, 1],
  ])('%d to %d are refused', async (start, end) => {
    const array = await openNpy(await fixture('c-int64.npy'))
    await expect(array.rows(start, end)).rejects.toMatchObject({ code: 'NPY_INVALID' })
  })
})

const SUFFIX = {
  float32: 'f4',
  float64: 'f8',
  int8: 'i1',
  int16: 'i2',
  int32: 'i4',
  uint8: 'u1',
  uint16: 'u2',
  uint32: 'u4',
} as const
const SETTERS = {
  float32: 'setFloat32',
  float64: 'setFloat64',
  int8: 'setInt8',
  int16: 'setInt16',
  int32: 'setInt32',
  uint8: 'setUint8',
  uint16: 'setUint16',
  uint32: 'setUint32',
} as const satisfies Partial<Record<Dtype, keyof DataView>>

test('whatever the type, endianness, order and version, the same elements come out', async () => {
  const cases = fc.record({
    dtype: fc.constantFrom(...(Object.keys(SUFFIX) as (keyof typeof SUFFIX)[])),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    bigEndian: fc.boolean(),
    fortran: fc.boolean(),
    version: fc.constantFrom(1, 2, 3),
  })
  await fc.assert(
    fc.asyncProperty(cases, async ({ dtype, shape, bigEndian, fortran, version }) => {
      const size = Number(SUFFIX[dtype].slice(1))
      const length = shape.reduce((a, b) => a * b, 1)
      const values = Array.from({ length }, (_, i) => (i * 37) % 120)
      const view = new DataView(new ArrayBuffer(length * size))
      values.forEach((value, i) => {
        const place = fortran ? fortranPlace(i, shape) : i
        view[SETTERS[dtype]](place * size, value, !bigEndian)
      })
      const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
      const header = `{'descr': '${bigEndian ? '>' : '<'}${SUFFIX[dtype]}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`
      const tensor = await readNpy(sourceOf(npy(header, new Uint8Array(view.buffer), version)))
      expect(tensor).toMatchObject({ dtype, shape })
      expect(Array.from<number | bigint | string>(tensor.data)).toEqual(values)
    }),
  )
})

describe('crafted headers', () => {
  const float = "'descr': '<f4', 'fortran_order': False"
  test.each([
    ['a size that is negative', `{${float}, 'shape': (-1,), }`],
    ['a size beyond 2^53', `{${float}, 'shape': (99999999999999999999,), }`],
    ['sizes whose product overflows', `{${float}, 'shape': (9007199254740991, 9007199254740991), }`],
    ['sizes that overflow and a zero', `{${float}, 'shape': (${'9007199254740991, '.repeat(40)}0), }`],
    ['more elements than bytes', `{${float}, 'shape': (2,), }`],
    ['fewer elements than bytes', `{${float}, 'shape': (0,), }`],
    ['too many dimensions', `{${float}, 'shape': (${'1, '.repeat(100)}), }`],
    ['a shape that is code', `{${float}, 'shape': (__import__('os'),), }`],
    ['a member twice', `{${float}, 'shape': (1,), 'shape': (1,), }`],
    ['a member missing', `{'descr': '<f4', 'shape': (1,), }`],
    ['a stranger', `{${float}, 'shape': (1,), 'x': 1, }`],
    ['no dictionary', `(${float})`],
    ['a bool that is none', `{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }`],
  ])('%s are refused', async (_, header) => {
    await expect(readNpy(sourceOf(npy(header, new Uint8Array(4))))).rejects.toMatchObject({
      code: 'NPY_INVALID',
    })
  })

  test('a header of gigabytes is refused before it is read', async () => {
    const file = npy(`{${float}, 'shape': (1,), }`, new Uint8Array(4), 2)
    new DataView(file.buffer).setUint32(8, 0xfffffff0, true)
    await expect(readNpy(sourceOf(file))).rejects.toMatchObject({
      code: 'NPY_INVALID',
      message: expect.stringMatching(/limit|ends/),
    })
  })

  test('every truncation is refused', async () => {
    const file = npy(`{${float}, 'shape': (2, 2), }`, new Uint8Array(16))
    for (let length = 0; length < file.length; length++) {
      await expect(readNpy(sourceOf(file.subarray(0, length)))).rejects.toMatchObject({ code: 'NPY_INVALID' })
    }
  })
})

function npy(header: string, data: Uint8Array, version = 1): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(`${header}\n`)
  const length = version === 1 ? 2 : 4
  const file = new Uint8Array(8 + length + text.length + data.length)
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  const view = new DataView(file.buffer)
  if (version === 1) view.setUint16(8, text.length, true)
  else view.setUint32(8, text.length, true)
  file.set(text, 8 + length)
  file.set(data, 8 + length + text.length)
  return file
}

/** Where the i-th element of C order lies in Fortran order. */
function fortranPlace(i: number, shape: readonly number[]): number {
  let [rest, place] = [i, 0]
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const stride = shape.slice(0, axis).reduce((a, b) => a * b, 1)
    place += (rest % shape[axis]!) * stride
    rest = Math.floor(rest / shape[axis]!)
  }
  return place
}
