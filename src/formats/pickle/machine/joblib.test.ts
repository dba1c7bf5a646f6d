import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import { runPickle } from './run.ts'

const unicode = (value: string): string => `\x8c${String.fromCharCode(value.length)}${value}`
const int32 = (value: number): string =>
  `J${String.fromCharCode(...new Uint8Array(Int32Array.of(value).buffer))}`
const dtype = (code: string, order = '<'): string =>
  `cnumpy\ndtype\n${unicode(code)}\x89\x88\x87R(K\x03${unicode(order)}NNN${int32(-1)}${int32(-1)}K\0tb`

interface Wrapped {
  readonly module?: string
  readonly shape?: string
  readonly type?: string
  readonly order?: string
  readonly padded?: boolean
}

/** A NumpyArrayWrapper up to its BUILD; by default two float64. */
function wrapper(options: Wrapped = {}): string {
  const {
    module = 'joblib.numpy_pickle',
    shape = 'K\x02\x85',
    type = dtype('f8'),
    order = 'C',
    padded,
  } = options
  const alignment = padded ? `${unicode('numpy_array_alignment_bytes')}K\x10` : ''
  const state = `${unicode('shape')}${shape}${unicode('order')}${unicode(order)}${unicode('dtype')}${type}`
  return `c${module}\nNumpyArrayWrapper\n)\x81}(${state}${alignment}ub`
}
const TWO = '\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@'
const run = (latin: string) => runPickle(sourceOf(Buffer.from(latin, 'latin1'), 'x.joblib'), { joblib: true })

describe('arrays in the stream', () => {
  test.each<[string, string, object]>([
    ['right behind BUILD', `${wrapper()}${TWO}.`, { shape: [2], length: 16, fortranOrder: false }],
    ['behind padding', `${wrapper({ padded: true })}\x03\xff\xff\xff${TWO}.`, { shape: [2], length: 16 }],
    ['without padding', `${wrapper({ padded: true })}\0${TWO}.`, { shape: [2], length: 16 }],
    ['in Fortran order', `${wrapper({ order: 'F' })}${TWO}.`, { fortranOrder: true }],
    ['in a vendored joblib', `${wrapper({ module: 'sklearn.externals.joblib.numpy_pickle' })}${TWO}.`, {}],
    ['of no dimension', `${wrapper({ shape: ')' })}${TWO.slice(0, 8)}.`, { shape: [], length: 8 }],
    ['of no elements', `${wrapper({ shape: 'K\0\x85' })}.`, { shape: [0], length: 0 }],
  ])('%s', async (_, pickle, array) => {
    const { root, fault, end } = await run(pickle)
    expect(fault).toBeUndefined()
    expect(root).toMatchObject({ kind: 'array', ...array })
    expect(end).toBe(pickle.length)
  })

  test('the same wrapper built twice reads twice', async () => {
    const twice = `${wrapper().replace(')\x81}', ')\x81q\0}')}${TWO}h\0}b${TWO}\x86.`
    expect((await run(twice)).root).toMatchObject({ items: [{ kind: 'array' }, { kind: 'array' }] })
  })

  test('objects are a pickle of their own, which is seen', async () => {
    const inner = "cos\nsystem\n(S'id'\ntR."
    const { root, globals, fault } = await run(`${wrapper({ type: dtype('O8', '|') })}${inner}N\x86.`)
    expect(fault).toBeUndefined()
    expect(root).toMatchObject({ items: [{ kind: 'call', callee: { name: 'system' } }, { kind: 'none' }] })
    expect(globals.map(({ name }) => name)).toContain('system')
  })

  test('without the option the bytes are opcodes, as for pickle.load', async () => {
    const source = sourceOf(Buffer.from(`${wrapper()}${TWO}.`, 'latin1'), 'x.joblib')
    expect((await runPickle(source)).fault).toMatchObject({ code: 'FORMAT_MALFORMED' })
  })
})

describe('frames bind in joblib, whose unpickler is written in Python', () => {
  const framed = (inside: string): string =>
    `\x80\x04\x95${String.fromCharCode(inside.length & 255, inside.length >> 8)}\0\0\0\0\0\0${inside}`

  test('an array begins where the frame ends, and what is left of the frame runs after it', async () => {
    // Read without regard to the frame, the call would be taken for elements.
    const hidden = 'cos\nsystem\n)R0'
    const { globals, root, fault } = await run(`${framed(wrapper() + hidden)}${TWO}.`)
    expect(fault).toBeUndefined()
    expect(root).toMatchObject({ kind: 'array', offset: 11 + (wrapper() + hidden).length })
    expect(globals.map(({ name }) => name)).toContain('system')
  })

  test.each([
    ['an argument that begins at its end', `${framed('(c')}os\nsystem\no.`],
    ['a frame that ends behind the file', '\x80\x04\x95\xff\0\0\0\0\0\0\0(cos\nsystem\no.'],
  ])('%s is read as Python reads it', async (_, pickle) => {
    expect(await run(pickle)).toMatchObject({ root: { kind: 'call' }, globals: [{ name: 'system' }] })
  })

  test('a name without its line feed at the end of the file is imported', async () => {
    const { fault, globals } = await run('cos\nsystems')
    expect(fault).toMatchObject({ code: 'FORMAT_TRUNCATED' })
    expect(globals).toMatchObject([{ module: 'os', name: 'system' }])
  })

  test.each([
    ['an argument over its end', framed('X\x04\0\0\0ab').concat('cd.'), /the frame ends/],
    ['a frame within a frame', framed(framed('N').slice(2)), /before the last one has ended/],
  ])('%s is refused', async (_, pickle, message) => {
    expect((await run(pickle)).fault).toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })
})

describe('wrappers that lie', () => {
  const huge = '\x8a\x07\xff\xff\xff\xff\xff\xff\x0f\x85'
  test.each<[string, string, string, RegExp]>([
    ['no shape', wrapper({ shape: 'N' }), 'FORMAT_MALFORMED', /no shape/],
    ['a negative size', wrapper({ shape: `${int32(-1)}\x85` }), 'FORMAT_MALFORMED', /no shape/],
    [
      'a size beyond the file',
      `${wrapper({ shape: 'K\xff\x85' })}${TWO}.`,
      'FORMAT_TRUNCATED',
      /takes 2040 bytes/,
    ],
    ['a size beyond any file', `${wrapper({ shape: huge })}${TWO}.`, 'FORMAT_TRUNCATED', /the file ends/],
    [
      'sizes whose product is beyond numbers',
      wrapper({ shape: `(${huge.slice(0, -1).repeat(60)}t` }),
      'FORMAT_TRUNCATED',
      /Infinity|e\+/,
    ],
    ['65 dimensions', wrapper({ shape: `(${'K\x01'.repeat(65)}t` }), 'FORMAT_MALFORMED', /no shape/],
    ['a dtype that is computed', wrapper({ type: 'cos\nsystem\n)R' }), 'FORMAT_UNSUPPORTED', /dtype/],
    ['a dtype that is unknown', wrapper({ type: dtype('q9') }), 'FORMAT_UNSUPPORTED', /dtype/],
    ['no padding byte', wrapper({ padded: true }), 'FORMAT_TRUNCATED', /ends before an array/],
    [
      'padding beyond the file',
      `${wrapper({ padded: true })}\xff${TWO}.`,
      'FORMAT_TRUNCATED',
      /takes 16 bytes/,
    ],
    [
      'objects that are no pickle',
      `${wrapper({ type: dtype('O8', '|') })}\xff`,
      'FORMAT_MALFORMED',
      /no opcode/,
    ],
  ])('%s', async (_, pickle, code, message) => {
    expect((await run(pickle)).fault).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
