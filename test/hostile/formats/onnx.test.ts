import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../../src/core/index.ts'
import { checkExternalFiles, inspectOnnx } from '../../../src/formats/index.ts'
import { bytes, int, join, message, model, node, type Part, tensor, value, varint } from './onnx-bytes.ts'
import { zipOf } from './zip-bytes.ts'

const inspect = (content: Uint8Array) => inspectOnnx(sourceOf(content, 'model.onnx'))
const withTensor = (part: Part) => model({ graph: [message(1, node('Add')), message(5, part)] })

test('an honest model is described', async () => {
  expect(await inspect(model())).toMatchObject({
    irVersion: 8,
    producer: { name: 'ballast', version: '' },
    opsets: [{ domain: '', version: 17 }],
    graph: 'sum',
    inputs: [{ name: 'x', kind: 'tensor', dtype: 'float32', shape: ['N', 2] }],
    outputs: [{ name: 'y', kind: 'tensor', dtype: 'float32', shape: ['N', 2] }],
    initializers: [
      { name: 'w', dtype: 'float32', shape: [2], elements: 2, data: { kind: 'raw', length: 8 } },
    ],
    operators: [{ domain: '', name: 'Add', count: 1 }],
    nodes: 1,
    parameters: 2,
    external: [],
  })
})

describe('something else under the name of a model', () => {
  const pickle = Buffer.from('\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.', 'latin1')
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /is empty|empty file/],
    ['text', Buffer.from('import torch\nprint("hello")\n'), /a text file/],
    ['Chinese text', Buffer.from('模型文件'.repeat(200)), /a text file/],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>Log in</body></html>'), /an HTML page/],
    ['JSON', Buffer.from('{"error": "not found"}'), /a JSON file/],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n'),
      /a Git LFS pointer/,
    ],
    ['a zip archive', zipOf([{ name: 'archive/data.pkl', data: pickle }]), /a zip archive/],
    ['a pickle', pickle, /a pickle/],
    ['gzip', gzipSync(model()), /gzip-compressed/],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n\0\0\0\0', 'latin1'), /HDF5/],
    [
      'safetensors',
      Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":{}} ')]),
      /safetensors/,
    ],
    ['GGUF', Buffer.from('GGUF\x03\0\0\0'), /GGUF/],
    ['TensorFlow Lite', Buffer.from('\x1c\0\0\0TFL3\0\0', 'latin1'), /TensorFlow Lite/],
    ['a program', Buffer.from('\x7fELF\x02\x01\x01\0\0\0', 'latin1'), /a program/],
    ['zeros', new Uint8Array(5000), /does not begin as an ONNX model/],
  ])('%s', async (_, content, message) => {
    await expect(inspect(content)).rejects.toMatchObject({
      code: 'NOT_ONNX',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  test('random bytes are refused cleanly, and never described', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000, size: 'max' }), async content => {
        await expect(inspect(content)).rejects.toMatchObject({
          code: expect.stringMatching(/^(NOT_ONNX|ONNX_)/),
        })
      }),
      { numRuns: 300 },
    )
  })
})

test('every truncation is a clean refusal', async () => {
  const whole = model()
  for (let length = 0; length < whole.length; length++) {
    await expect(inspect(whole.subarray(0, length))).rejects.toMatchObject({
      code: expect.stringMatching(/^(NOT_ONNX|ONNX_TRUNCATED)$/),
    })
  }
  await expect(inspect(whole.subarray(0, 60))).rejects.toMatchObject({
    code: 'ONNX_TRUNCATED',
    message: expect.stringMatching(/byte \d+: field 7 needs \d+ bytes, and the file ends at 60/),
  })
})

test('a model with any bytes changed is described or cleanly refused', async () => {
  const whole = model()
  const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(change, async changes => {
      const content = Uint8Array.from(whole)
      for (const [at, byte] of changes) content[at] = byte
      try {
        expect((await inspect(content)).fileBytes).toBe(whole.length)
      } catch (error) {
        expect(error).toMatchObject({ name: 'FormatsError' })
      }
    }),
    { numRuns: 1000 },
  )
})

describe('lies in the wire format', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['a number of eleven bytes', join(int(1, 8), Buffer.alloc(11, 0xff)), 'ONNX_MALFORMED', /beyond 64 bits/],
    [
      'a number of 65 bits',
      join(int(1, 8), varint(5 * 8), Buffer.alloc(9, 0xff), Uint8Array.of(2)),
      'ONNX_MALFORMED',
      /beyond 64 bits/,
    ],
    [
      'a length of 2^64 − 1',
      join(int(1, 8), varint(7 * 8 + 2), varint(-1n)),
      'ONNX_TRUNCATED',
      /18446744073709551615/,
    ],
    ['a group', join(int(1, 8), varint(9 * 8 + 3)), 'ONNX_MALFORMED', /wire type 3/],
    ['field 0', join(int(1, 8), varint(0)), 'ONNX_MALFORMED', /field number 0/],
    ['a graph that is a number', join(int(1, 8), int(7, 1)), 'ONNX_MALFORMED', /field 7 of the kind varint/],
    [
      'a name longer than its graph',
      join(int(1, 8), message(7, varint(2 * 8 + 2), varint(9)), message(8)),
      'ONNX_MALFORMED',
      /its message ends/,
    ],
    ['two graphs', join(model(), message(7)), 'ONNX_MALFORMED', /two graphs/],
    ['a version of the far future', model({ irVersion: 5000 }), 'NOT_ONNX', /ir_version 5000/],
    ['a version below zero', model({ irVersion: -1n }), 'NOT_ONNX', /ir_version -1/],
    ['no opset import', model({ rest: [] }), 'ONNX_TRUNCATED', /opset/],
    ['no graph', join(int(1, 8), message(8, int(2, 17))), 'ONNX_TRUNCATED', /before its graph/],
    [
      'a name that is not UTF-8',
      model({ graph: [bytes(2, Uint8Array.of(0xff))] }),
      'ONNX_MALFORMED',
      /UTF-8/,
    ],
    [
      'a name of 100 kB',
      model({ graph: [bytes(2, 'x'.repeat(100_000))] }),
      'ONNX_LIMIT',
      /the limit is 65536/,
    ],
  ])('%s', async (_, content, code, message) => {
    await expect(inspect(content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('graphs in graphs in graphs', async () => {
    let graph: Part = message(1, node('Add'))
    for (let depth = 0; depth < 200; depth++)
      graph = message(1, node('If', message(5, bytes(1, 'then'), message(6, graph))))
    await expect(inspect(model({ graph: [graph] }))).rejects.toMatchObject({
      code: 'ONNX_LIMIT',
      message: /nested/,
    })
  })

  test('an overlong form of a small number is still that number', async () => {
    const content = join(Uint8Array.of(0x88, 0x80, 0x00), varint(8), model().subarray(2))
    expect((await inspect(content)).irVersion).toBe(8)
  })
})

describe('tensors that lie', () => {
  test.each<[string, Part, string, RegExp]>([
    ['a negative size', tensor({ dims: [-1n] }), 'ONNX_MALFORMED', /size of -1/],
    ['a size beyond 2^53', tensor({ dims: [2n ** 60n] }), 'ONNX_MALFORMED', /size of 1152921504606846976/],
    ['sizes whose product overflows', tensor({ dims: [2 ** 40, 2 ** 40] }), 'ONNX_LIMIT', /more elements/],
    [
      'a hundred dimensions',
      tensor({ dims: Array.from({ length: 100 }, () => 1) }),
      'ONNX_LIMIT',
      /dimensions/,
    ],
    ['fewer bytes than elements', tensor({ dims: [1000] }), 'ONNX_MALFORMED', /takes 4000 bytes, and has 8/],
    ['more bytes than elements', tensor({ dims: [1] }), 'ONNX_MALFORMED', /takes 4 bytes, and has 8/],
    ['no data', join(int(1, 2), int(2, 1), bytes(8, 'w')), 'ONNX_MALFORMED', /has no data/],
  ])('%s', async (_, part, code, message) => {
    await expect(inspect(withTensor(part))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('packed sizes are read as well', async () => {
    const packed = join(bytes(1, join(varint(2), varint(300))), int(2, 2), bytes(9, new Uint8Array(600)))
    expect((await inspect(withTensor(packed))).initializers[0]).toMatchObject({
      dtype: 'uint8',
      shape: [2, 300],
    })
  })

  test('four bits an element are half a byte', async () => {
    const int4 = tensor({ dims: [3], dtype: 22, raw: new Uint8Array(2) })
    expect((await inspect(withTensor(int4))).initializers[0]).toMatchObject({ dtype: 'int4', elements: 3 })
  })

  test('a type of the future is told by its number', async () => {
    const strange = tensor({ dims: [3], dtype: 77 })
    expect((await inspect(withTensor(strange))).initializers[0]).toMatchObject({ dtype: 'unknown-77' })
  })
})

describe('external data', () => {
  const external = (location: string, more: Record<string, string> = {}) =>
    tensor({ name: 'w', external: { location, offset: '0', length: '8', ...more } })

  test('beside the model is listed, with how far the model reaches into it', async () => {
    const description = await inspect(withTensor(external('weights/model.data', { offset: '4096' })))
    expect(description.external).toEqual([{ location: 'weights/model.data', bytes: 4104 }])
    expect(description.totalBytes).toBe(description.fileBytes + 4104)
  })

  const escapes = [
    '../secret',
    'a/../../secret',
    '/etc/passwd',
    '\\\\server\\share',
    '..\\secret',
    'C:\\a',
    'C:a',
    'file:///etc/passwd',
    'a\0b',
    '',
  ]
  test.each(escapes)('%j is refused', async location => {
    await expect(inspect(withTensor(external(location)))).rejects.toMatchObject({
      code: 'ONNX_EXTERNAL_PATH',
    })
  })

  const hidden: [string, (part: Part) => Part][] = [
    [
      'an attribute',
      part =>
        model({ graph: [message(1, node('Constant', message(5, bytes(1, 'value'), message(5, part))))] }),
    ],
    [
      'a subgraph',
      part => model({ graph: [message(1, node('If', message(5, message(6, message(5, part)))))] }),
    ],
    ['a sparse tensor', part => model({ graph: [message(15, message(2, part))] })],
    [
      'a function',
      part => join(model(), message(25, message(7, node('Constant', message(5, message(5, part)))))),
    ],
    ['a training graph', part => join(model(), message(20, message(2, message(5, part))))],
  ]
  test.each(hidden)('an escape in %s is found', async (_, hide) => {
    await expect(inspect(hide(external('../secret')))).rejects.toMatchObject({ code: 'ONNX_EXTERNAL_PATH' })
    await expect(inspect(hide(external('inside')))).resolves.toBeDefined()
  })

  test.each([
    [{ offset: '-1' }, /offset '-1'/],
    [{ offset: '1e9' }, /offset '1e9'/],
    [{ length: '99999999999999999999' }, /length/],
    [{ length: '4' }, /takes 8 bytes, and its external data has 4/],
  ])('%j is refused', async (more, message) => {
    await expect(inspect(withTensor(external('data', more)))).rejects.toMatchObject({
      code: 'ONNX_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  test('files are held against the folder: links that lead out, missing and short ones are refused', async () => {
    const folder = await mkdtemp(path(tmpdir(), 'ballast-onnx-'))
    try {
      await writeFile(path(folder, 'whole'), new Uint8Array(8))
      await writeFile(path(folder, 'short'), new Uint8Array(7))
      await symlink('/etc/hostname', path(folder, 'link'))
      const check = async (location: string) =>
        checkExternalFiles(await inspect(withTensor(external(location))), folder)
      await expect(check('whole')).resolves.toBeUndefined()
      await expect(check('short')).rejects.toMatchObject({ code: 'ONNX_TRUNCATED' })
      await expect(check('link')).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
      await expect(check('missing')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

test('weights are jumped over, not read', async () => {
  const raw = new Uint8Array(4_000_000)
  const parts = Array.from({ length: 20 }, (_, i) =>
    message(5, tensor({ name: `w${i}`, dims: [1_000_000], raw })),
  )
  const inner = sourceOf(model({ graph: [...parts, message(11, value('x', ['N']))] }))
  let read = 0
  const source: ByteSource = {
    ...inner,
    read(at, length) {
      read += length
      return inner.read(at, length)
    },
  }
  expect((await inspectOnnx(source)).parameters).toBe(20_000_000)
  expect(inner.size).toBeGreaterThan(80_000_000)
  expect(read).toBeLessThan(500_000)
})
