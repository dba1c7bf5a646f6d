import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BallastError, sourceOf } from '../../../src/core/index.ts'
import { openOnnx } from '../../../src/formats/onnx/open/open.ts'
import type { FileTree, ModelInput, OpenModel } from '../../../src/formats/ports.ts'
import { folderTree } from '../../../src/formats/tree/folder.ts'
import { memoryTree } from '../../../src/formats/tree/memory.ts'
import { generator } from '../../fixtures/onnx-builder.ts'
import { bytes, int, join, message, model, node, type Part, tensor, varint } from './onnx-bytes.ts'

const FIXTURES = new URL('../../fixtures/onnx/', import.meta.url).pathname

function inputOf(content: Uint8Array, tree: FileTree = memoryTree(new Map()), at = 'model.onnx'): ModelInput {
  return { source: sourceOf(content, at), path: at, storedSize: content.byteLength, wrapper: [], tree }
}

const open = (content: Uint8Array, tree?: FileTree) => openOnnx(inputOf(content, tree))
const withTensors = (...parts: Part[]) =>
  model({ graph: [message(1, node('Add')), ...parts.map(part => message(5, part))] })

async function bytesOf(opened: OpenModel, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of opened.readTensor(name)) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

/** Reads a model whole, as a scan of its weights would. */
async function readAll(content: Uint8Array): Promise<void> {
  const opened = await open(content)
  for (const { name, dtype } of opened.file.tensors) {
    const elements = dtype === 'string' ? opened.readText!(name) : opened.readTensor(name)
    for await (const _ of elements);
  }
}

describe('tensors in typed fields', () => {
  const typed = (dtype: number, dims: number[], ...fields: Part[]) =>
    withTensors(join(...dims.map(size => int(1, size)), int(2, dtype), bytes(8, 'w'), ...fields))
  const float = (value: number) => {
    const content = Buffer.alloc(4)
    content.writeFloatLE(value)
    return content
  }

  test('elements one by one, packed, and both mixed are the same', async () => {
    const wanted = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)
    const unpacked = [1, 2, 3, 4].map(value => join(varint(4 * 8 + 5), float(value)))
    const packed = bytes(4, join(float(1), float(2), float(3), float(4)))
    const mixed = [unpacked[0]!, bytes(4, join(float(2), float(3))), unpacked[3]!]
    for (const fields of [unpacked, [packed], mixed])
      expect(await bytesOf(await open(typed(1, [4], ...fields)), 'w')).toEqual(wanted)
  })

  test('negative numbers take the width of their type', async () => {
    const opened = await open(typed(3, [3], int(5, -1n), bytes(5, join(varint(-128n), varint(127)))))
    expect(await bytesOf(opened, 'w')).toEqual(Uint8Array.of(0xff, 0x80, 0x7f))
    const wide = await open(typed(7, [2], int(7, -2n), int(7, 2n ** 62n)))
    expect(new BigInt64Array((await bytesOf(wide, 'w')).buffer)).toEqual(BigInt64Array.of(-2n, 2n ** 62n))
  })

  test('a million varints across pieces are read in pieces', async () => {
    const count = 1_000_000
    const content = Buffer.concat(Array.from({ length: count }, (_, i) => varint(i * 7)))
    const opened = await open(typed(7, [count], bytes(7, content)))
    let [at, most] = [0, 0]
    for await (const piece of opened.readTensor('w')) {
      most = Math.max(most, piece.byteLength)
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
      for (let i = 0; i < piece.byteLength; i += 8) {
        if (view.getUint32(i, true) !== at * 7) throw new Error(`element ${at} is wrong`)
        at++
      }
    }
    expect(at).toBe(count)
    expect(most).toBe(1024 * 1024)
  })

  test.each<[string, Uint8Array, string, RegExp]>([
    ['too few', typed(1, [3], bytes(4, new Uint8Array(8))), 'ONNX_MALFORMED', /needs 3 values.*has 2/],
    ['too many', typed(1, [1], bytes(4, new Uint8Array(8))), 'ONNX_MALFORMED', /needs 1 values.*has more/],
    ['half an element', typed(1, [1], bytes(4, new Uint8Array(6))), 'ONNX_MALFORMED', /needs 1 values/],
    ['another field', typed(1, [1], int(5, 3)), 'ONNX_MALFORMED', /needs 1 values.*has 0/],
    ['a number for a float', typed(1, [1], int(4, 3)), 'ONNX_MALFORMED', /kind varint/],
    ['a varint that is cut off', typed(6, [1], bytes(5, Uint8Array.of(0x80))), 'ONNX_MALFORMED', /cut off/],
    [
      'a varint of 80 bits',
      typed(6, [1], bytes(5, new Uint8Array(12).fill(0xff))),
      'ONNX_MALFORMED',
      /beyond 64 bits/,
    ],
    ['an unknown type', typed(99, [1], int(5, 3)), 'FORMAT_UNSUPPORTED', /unknown-99/],
    ['a billion elements of nothing', typed(1, [1e9], bytes(4, '')), 'ONNX_MALFORMED', /has 0/],
  ])('%s', async (_, content, code, text) => {
    const opened = await open(content)
    await expect(bytesOf(opened, 'w')).rejects.toMatchObject({ code, message: expect.stringMatching(text) })
  })

  test('text is read as text, and nothing else is', async () => {
    const opened = await open(typed(8, [2], bytes(6, 'cat'), bytes(6, '狗')))
    const texts: string[] = []
    for await (const text of opened.readText!('w')) texts.push(text)
    expect(texts).toEqual(['cat', '狗'])
    await expect(bytesOf(opened, 'w')).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    await expect((await open(withTensors(tensor({})))).readText!('w').next()).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
    })
    const broken = await open(typed(8, [1], bytes(6, Uint8Array.of(0xff))))
    await expect(broken.readText!('w').next()).rejects.toMatchObject({ code: 'ONNX_MALFORMED' })
  })
})

test('a type of the future is described, and its bytes can be read', async () => {
  const opened = await open(withTensors(tensor({ dtype: 77, dims: [3], raw: Uint8Array.of(1, 2) })))
  expect(opened.file.tensors[0]).toMatchObject({ dtype: 'unknown', shape: [3], bytes: 2 })
  expect(await bytesOf(opened, 'w')).toEqual(Uint8Array.of(1, 2))
})

test('two initializers of one name are refused; the same name in two graphs is none', async () => {
  await expect(open(withTensors(tensor({}), tensor({})))).rejects.toMatchObject({
    code: 'ONNX_MALFORMED',
    message: expect.stringMatching(/two initializers of the name 'w'/),
  })
  const nested = message(1, node('If', message(5, bytes(1, 'then'), message(6, message(5, tensor({}))))))
  const opened = await open(model({ graph: [nested, message(5, tensor({}))] }))
  expect(opened.file.tensors.map(({ name }) => name)).toEqual(['w', 'y/then::w'])
})

test('a name that looks like a path does not hide another tensor', async () => {
  const nested = message(1, node('If', message(5, bytes(1, 'then'), message(6, message(5, tensor({}))))))
  const opened = await open(model({ graph: [nested, nested, message(5, tensor({ name: 'y/then::w' }))] }))
  expect(opened.file.tensors.map(({ name }) => name)).toEqual(['y/then::w', 'y/then::w#2', 'y/then#2::w'])
})

test('names of JavaScript objects are names', async () => {
  const attribute = (name: string) => message(5, bytes(1, name), int(3, 1))
  const names = ['__proto__', 'constructor', 'toString']
  const content = model({
    graph: [
      message(1, node('Op', ...names.map(attribute))),
      ...names.map(name => message(5, tensor({ name }))),
    ],
  })
  const { file } = await open(content)
  expect(Object.keys(file.graph!.nodes[0]!.attributes!)).toEqual(names)
  expect(JSON.parse(JSON.stringify(file.graph!.nodes[0]!.attributes)).constructor).toBe(1)
  expect(file.tensors.map(({ name }) => name)).toEqual(names)
})

test('one segment of a tensor is refused', async () => {
  const segment = join(tensor({}), message(3, int(1, 0), int(2, 1)))
  await expect(open(withTensors(segment))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
})

test('ten thousand graphs in one graph, all of one name, are told apart in no time', async () => {
  const nested = message(5, bytes(1, 'b'), message(6, bytes(2, 'g'), message(5, tensor({}))))
  const content = model({ graph: [message(1, node('If', ...Array.from({ length: 10_000 }, () => nested)))] })
  const { file } = await open(content)
  expect(new Set(file.tensors.map(({ name }) => name)).size).toBe(10_000)
})

test.each<[string, Part]>([
  [
    'graphs',
    message(
      1,
      node('If', ...[message(5, Buffer.concat(Array.from({ length: 100_001 }, () => message(11))))]),
    ),
  ],
  ['nodes', Buffer.concat(Array.from({ length: 500_001 }, () => message(1)))],
  ['tensors', Buffer.concat(Array.from({ length: 200_001 }, () => message(15)))],
])('a file of nothing but empty %s is refused before it fills the memory', async (what, part) => {
  await expect(open(model({ graph: [part] }))).rejects.toMatchObject({
    code: 'ONNX_LIMIT',
    message: expect.stringMatching(what),
  })
})

test('paths of graphs in graphs with long names stay short', async () => {
  let graph: Part = message(5, tensor({}))
  for (let depth = 0; depth < 99; depth++)
    graph = message(1, bytes(3, 'n'.repeat(60_000)), message(5, bytes(1, 'b'), message(6, graph)))
  const { file } = await open(model({ graph: [graph] }))
  expect(file.tensors[0]!.name.length).toBeLessThan(600)
})

describe('external data', () => {
  const external = (more: Record<string, string> = {}, location = 'data') =>
    withTensors(tensor({ name: 'w', external: { location, offset: '4', length: '8', ...more } }))
  const holding = (size: number) => memoryTree(new Map([['data', new Uint8Array(size).map((_, i) => i)]]))

  test('is read from where the model says', async () => {
    expect(await bytesOf(await open(external(), holding(12)), 'w')).toEqual(
      Uint8Array.of(4, 5, 6, 7, 8, 9, 10, 11),
    )
  })

  test('is looked for beside the model, in its own folder', async () => {
    const tree = memoryTree(new Map([['sub/data', new Uint8Array(12)]]))
    const opened = await openOnnx(inputOf(external(), tree, 'sub/model.onnx'))
    expect(opened.file.files.map(({ path: at }) => at)).toEqual(['sub/model.onnx', 'sub/data'])
    await expect(openOnnx(inputOf(external({}, '../data'), tree, 'sub/model.onnx'))).rejects.toMatchObject({
      code: 'ONNX_EXTERNAL_PATH',
    })
  })

  test.each<[string, Uint8Array, number, string]>([
    ['too short', external(), 11, 'ONNX_TRUNCATED'],
    ['missing', external({}, 'nothing'), 12, 'FILE_UNREADABLE'],
    ['outside', external({}, '/etc/passwd'), 12, 'ONNX_EXTERNAL_PATH'],
    ['beyond 2^53', external({ offset: String(Number.MAX_SAFE_INTEGER) }), 12, 'ONNX_MALFORMED'],
  ])('that is %s is refused', async (_, content, size, code) => {
    await expect(open(content, holding(size))).rejects.toMatchObject({ code })
  })

  test('behind a link that leads out is refused', async () => {
    const folder = await mkdtemp(path(tmpdir(), 'ballast-onnx-'))
    try {
      await writeFile(path(folder, 'data'), new Uint8Array(12))
      await symlink('/etc/hostname', path(folder, 'link'))
      await symlink('data', path(folder, 'inside'))
      const tree = folderTree(folder)
      await expect(open(external({}, 'link'), tree)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
      const opened = await open(external({}, 'inside'), tree)
      expect(await bytesOf(opened, 'w')).toEqual(new Uint8Array(8))
      await opened.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('in a thousand files needs no thousand open ones', async () => {
    const files = new Map(Array.from({ length: 1000 }, (_, i) => [`d${i}`, new Uint8Array(8)]))
    const tree = memoryTree(files)
    let [now, most] = [0, 0]
    const counting: FileTree = {
      ...tree,
      async open(at) {
        most = Math.max(most, ++now)
        const source = await tree.open(at)
        return { ...source, close: async () => void now-- }
      },
    }
    const parts = Array.from(files.keys(), location =>
      tensor({ name: location, external: { location, length: '8' } }),
    )
    const opened = await open(withTensors(...parts), counting)
    expect(opened.file.files.length).toBe(1001)
    expect(await bytesOf(opened, 'd3')).toEqual(new Uint8Array(8))
    await opened.close()
    expect(most).toBeLessThanOrEqual(64)
    expect(now).toBe(0)
  })
})

describe.each(['scopes.onnx', 'dtypes.onnx'])('%s', file => {
  const whole = new Uint8Array(readFileSync(`${FIXTURES}${file}`))

  test('cut off anywhere is refused, but between two fields behind the graph', async () => {
    const complete = await open(whole)
    let accepted = 0
    for (let length = 0; length < whole.length; length += 3) {
      try {
        await readAll(whole.subarray(0, length))
        accepted++
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(NOT_ONNX|ONNX_TRUNCATED)$/) })
      }
    }
    const behind = complete.file.metadata.length + complete.file.graph!.subgraphs.length
    expect(accepted).toBeLessThanOrEqual(behind)
  })

  test('with bytes changed is read, or refused with a typed error', async () => {
    const random = generator(11)
    for (let run = 0; run < 400; run++) {
      const content = Uint8Array.from(whole)
      for (let i = 0; i < 1 + (run % 4); i++)
        content[Math.floor(random() * content.length)] = Math.floor(random() * 256)
      try {
        await readAll(content)
      } catch (error) {
        if (!(error instanceof BallastError)) throw error
      }
    }
  })
})
