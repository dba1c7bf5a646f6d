import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FileTree } from '../ports.ts'
import { inputFromFile } from '../tree/input.ts'
import { valuesOf } from '../values/index.ts'
import { openGguf } from './open.ts'
import { type GgufModel, ggufTemplates } from './templates.ts'

interface Expected {
  readonly shape: readonly number[]
  readonly bytes: number
  readonly sha256: string
  readonly values: string
}

const folder = new URL('../../../test/fixtures/gguf/', import.meta.url)
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>

async function openFixture(file: string): Promise<GgufModel> {
  const input = await inputFromFile(fileURLToPath(new URL(file, folder)))
  onTestFinished(() => input.close())
  return openGguf(input)
}

async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

async function* float32s(model: GgufModel, name: string): AsyncGenerator<Uint8Array, void> {
  const info = model.file.tensors.find(tensor => tensor.name === name)!
  for await (const numbers of valuesOf(model, info)) yield new Uint8Array(Float32Array.from(numbers).buffer)
}

describe.each(Object.entries(expected))('%s', (file, tensors) => {
  test('has the tensors that gguf wrote', async () => {
    const model = await openFixture(file)
    const shapes = model.file.tensors.map(({ name, shape, bytes }) => [name, shape, bytes])
    expect(shapes).toEqual(Object.entries(tensors).map(([name, { shape, bytes }]) => [name, shape, bytes]))
    const parameters = Object.values(tensors).map(({ shape }) => shape.reduce((a, b) => a * b, 1))
    expect(model.file.parameters).toBe(parameters.reduce((a, b) => a + b))
  })

  test.each(Object.entries(tensors))('%s has the bytes and the values of gguf', async (name, given) => {
    const model = await openFixture(file)
    expect(await digestOf(model.readTensor(name))).toBe(given.sha256)
    expect(await digestOf(float32s(model, name))).toBe(given.values)
  })
})

test('the description names architecture, version, quantization and the tool that quantized', async () => {
  const { file } = await openFixture('types.gguf')
  expect(file).toMatchObject({
    format: 'gguf',
    formatVersion: 'v3',
    framework: 'llama.cpp',
    what: 'llama',
    producer: "Ballast's fixtures",
    name: 'types.gguf',
    files: [{ path: 'types.gguf', size: file.size }],
    notes: ['quantized mostly as Q4_K_M', "version 2 of ggml's quantization"],
  })
  expect(JSON.parse(JSON.stringify(file))).toEqual(file)
})

test('metadata of every type is told as text', async () => {
  const { file } = await openFixture('types.gguf')
  const metadata = Object.fromEntries(file.metadata.map(({ key, value }) => [key, value]))
  expect(metadata).toEqual({
    'general.architecture': 'llama',
    'general.alignment': '64',
    'general.name': 'Two blocks',
    'general.quantized_by': "Ballast's fixtures",
    'general.file_type': '15',
    'general.quantization_version': '2',
    'test.uint8': '255',
    'test.int8': '-128',
    'test.uint16': '65535',
    'test.int16': '-32768',
    'test.uint32': '4294967295',
    'test.int32': '-2147483648',
    'test.uint64': '18446744073709551615',
    'test.int64': '-9223372036854775808',
    'test.float32': '0.00001',
    'test.float64': '0.1',
    'test.bool': 'true',
    'test.string': 'naïve 狗',
    'test.ints': '[1,-2,3]',
    'test.floats': '[0.1,1e+30]',
    'test.bools': '[true,false]',
    'test.nested': '[[1,2],[3]]',
    'tokenizer.ggml.tokens': '500 strings: "token 0","token 1","token 2","token 3", …',
    'tokenizer.ggml.scores': '500 float32s: 0,-1,-2,-3, …',
    'tokenizer.chat_template': "{% for message in messages %}{{ message['content'] }}{% endfor %}",
  })
})

test('chat templates are given to whoever scans, with their place', async () => {
  const model = await openFixture('types.gguf')
  const [template, ...others] = ggufTemplates(model)
  expect(others).toEqual([])
  expect(template).toMatchObject({ key: 'tokenizer.chat_template', cut: false })
  const bytes = readFileSync(new URL('types.gguf', folder))
  expect(bytes.subarray(template!.offset).toString().startsWith(template!.text)).toBe(true)
})

test('a big-endian file says so for each tensor', async () => {
  const { file } = await openFixture('big-endian.gguf')
  expect(file.what).toBe('llama')
  expect(file.metadata.at(-1)).toEqual({ key: 'test.words', value: '["one","two"]' })
  expect(file.tensors.every(({ stored }) => stored?.[0] === 'big-endian')).toBe(true)
})

test.each([1, 2, 3])('a split model is opened by its part %i', async part => {
  const name = `split-0000${part}-of-00003.gguf`
  const model = await openFixture(name)
  expect(model.file.files.map(({ path }) => path)).toHaveLength(3)
  expect(model.file.files[0]!.path).toBe(name)
  expect(model.file.size).toBe(model.file.files.reduce((sum, { size }) => sum + size, 0))
  expect(model.file.tensors.map(tensor => tensor.name)).toEqual([0, 1, 2, 3, 4].map(i => `blk.${i}.weight`))
  expect(model.file.what).toBe('llama')
  const { sha256 } = expected['split-00001-of-00003.gguf']!['blk.4.weight']!
  expect(await digestOf(model.readTensor('blk.4.weight'))).toBe(sha256)
})

test('closing a split model closes the part of a reading that nobody ended', async () => {
  const input = await inputFromFile(fileURLToPath(new URL('split-00001-of-00003.gguf', folder)))
  onTestFinished(() => input.close())
  let open = 0
  const tree: FileTree = {
    ...input.tree,
    async open(path) {
      const source = await input.tree.open(path)
      open++
      return { ...source, close: () => source.close().then(() => void open--) }
    },
  }
  const model = await openGguf({ ...input, tree })
  await model.readTensor('blk.4.weight').next()
  expect(open).toBe(1)
  await model.close()
  await model.close()
  expect(open).toBe(0)
})

test('a missing tensor is told with the nearest names', async () => {
  const model = await openFixture('types.gguf')
  await expect(digestOf(model.readTensor('q4_2'))).rejects.toMatchObject({
    code: 'TENSOR_MISSING',
    hint: expect.stringContaining('q4_'),
  })
})
