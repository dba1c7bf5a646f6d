import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mutated, seeded } from '../../../../test/fixtures/tensorflow/mutate.ts'
import { bytes, int, join, message } from '../../../../test/fixtures/tensorflow/table-bytes.ts'
import { FOLDER, inputOf, readAll } from '../../../../test/fixtures/tensorflow/world.ts'
import { openGraphDef, openSavedModel } from '../index.ts'

const NAME = 'saved_model.pb'
const open = async (content: Uint8Array, rest: ReadonlyMap<string, Uint8Array> = new Map()) =>
  openSavedModel(await inputOf(new Map([...rest, [NAME, content]]), NAME))
const openGraph = async (content: Uint8Array) =>
  openGraphDef(await inputOf(new Map([['g.pb', content]]), 'g.pb'))

const attribute = (key: string, ...value: Uint8Array[]) => message(5, bytes(1, key), message(2, ...value))
const node = (name: string, op: string, ...rest: Uint8Array[]) =>
  message(1, bytes(1, name), bytes(2, op), ...rest)
/** A Const of floats with these dims and parts of its TensorProto. */
const constant = (dims: readonly (number | bigint)[], ...value: Uint8Array[]) =>
  node(
    'c',
    'Const',
    attribute(
      'value',
      message(8, int(1, 1), message(2, ...dims.map(size => message(2, int(1, size)))), ...value),
    ),
  )
const modelOf = (...meta: Uint8Array[]) => join(int(1, 1), message(2, message(1, bytes(4, 'serve')), ...meta))

test('a graph of one node is described', async () => {
  const model = await open(modelOf(message(2, node('x', 'NoOp'))))
  expect(model.file).toMatchObject({ format: 'tensorflow-savedmodel', formatVersion: 'v1', tensors: [] })
  expect(model.file.notes).toEqual(['the model has no file of variables'])
})

describe('lies', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['nothing', new Uint8Array(0), 'FORMAT_MALFORMED', /no graph/],
    ['another schema', join(int(1, 2), message(2)), 'FORMAT_UNSUPPORTED', /schema version 2/],
    [
      'an asset that leads out',
      modelOf(message(6, message(1, bytes(1, 'a:0')), bytes(2, '../../etc/passwd'))),
      'FORMAT_PATH',
      /leads out/,
    ],
    ['an absolute asset', modelOf(message(6, bytes(2, '/etc/passwd'))), 'FORMAT_PATH', /leads out/],
    [
      'attributes without an end',
      modelOf(message(2, node('x', 'If', attribute('f', nested(100))))),
      'FORMAT_LIMIT',
      /deep/,
    ],
    [
      'a graph that is cut off',
      join(modelOf(Uint8Array.of(0x12, 0x7f, 0)), int(9, 1)),
      'FORMAT_MALFORMED',
      /its message ends/,
    ],
  ])('%s', async (_, content, code, why) => {
    await expect(open(content)).rejects.toMatchObject({ code, message: expect.stringMatching(why) })
  })

  test.each<[string, Uint8Array, string, RegExp]>([
    [
      'content shorter than its shape',
      constant([3], bytes(4, new Uint8Array(8))),
      'FORMAT_MALFORMED',
      /takes 12 bytes/,
    ],
    ['a shape beyond any file', constant([2 ** 40, 2 ** 40]), 'FORMAT_MALFORMED', /beyond any file/],
    ['one value for 2^40 elements', constant([2 ** 40]), 'FORMAT_LIMIT', /one value stands for/],
    ['a dimension of 2^63 − 1', constant([2n ** 63n - 1n]), 'FORMAT_MALFORMED', /beyond any file/],
    ['a free dimension', constant([-1n]), 'FORMAT_MALFORMED', /not fully known/],
  ])('a constant with %s', async (_, graph, code, why) => {
    await expect(openGraph(graph)).rejects.toMatchObject({ code, message: expect.stringMatching(why) })
  })

  test('a constant with more values than its shape', async () => {
    const model = await openGraph(constant([1], bytes(5, new Uint8Array(8))))
    await expect(model.readTensor('c').next()).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })

  test('twenty thousand constants of one name each get their own', async () => {
    const one = constant([1], bytes(4, new Uint8Array(4)))
    const model = await openGraph(join(...Array<Uint8Array>(20_000).fill(one)))
    expect(new Set(model.file.tensors.map(({ name }) => name)).size).toBe(20_000)
  })

  test('keys that objects have anyway are plain keys', async () => {
    const model = await openGraph(
      node('x', 'NoOp', attribute('__proto__', int(3, 7)), attribute('constructor', int(3, 8))),
    )
    expect(JSON.stringify(model.file.graph?.nodes[0]?.attributes)).toBe('{"__proto__":7,"constructor":8}')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('functions that call one another are followed once', async () => {
    const calling = (name: string, other: string) =>
      message(
        1,
        message(1, bytes(1, name)),
        message(3, bytes(1, 'n'), bytes(2, 'PartitionedCall'), attribute('f', message(10, bytes(1, other)))),
      )
    const library = message(2, calling('a', 'b'), calling('b', 'a'))
    const model = await openGraph(
      join(node('x', 'PartitionedCall', attribute('f', message(10, bytes(1, 'a')))), library),
    )
    expect(model.hazards).toEqual([])
  })
})

/** A function as an attribute of a function … */
function nested(depth: number): Uint8Array {
  let value: Uint8Array = int(3, 1)
  for (let i = 0; i < depth; i++)
    value = message(10, bytes(1, 'f'), message(2, bytes(1, 'a'), message(2, value)))
  return value
}

const fixture = (name: string) => readFileSync(path(FOLDER, name))

test('every truncation is refused, or ends between fields', async () => {
  const whole = fixture('lookup/saved_model.pb')
  for (let length = 0; length < whole.length; length += 151)
    await expect(open(whole.subarray(0, length))).rejects.toMatchObject({
      code: expect.stringMatching(/^FORMAT_(TRUNCATED|MALFORMED)$/),
    })
})

test.each(['lookup', 'unsafe'])('%s with any bytes changed is read or refused', async name => {
  const whole = fixture(`${name}/saved_model.pb`)
  const rest = new Map(
    ['variables.index', 'variables.data-00000-of-00001'].map(file => [
      `variables/${file}`,
      fixture(`${name}/variables/${file}`),
    ]),
  )
  const random = seeded(11)
  for (let run = 0; run < 80; run++) await tried(() => open(mutated(whole, random), rest))
})

test('frozen graphs with any bytes changed are read or refused', async () => {
  const whole = fixture('constants.pb')
  const random = seeded(5)
  for (let run = 0; run < 80; run++) await tried(() => openGraph(mutated(whole, random)))
})

async function tried(opening: () => Promise<Awaited<ReturnType<typeof openGraphDef>>>): Promise<void> {
  try {
    const model = await opening()
    // A changed size may stand for gigabytes that one value fills.
    const bytes = model.file.tensors.reduce((sum, tensor) => sum + (tensor.bytes ?? tensor.elements), 0)
    if (bytes < 2 ** 22) await readAll(model)
    JSON.stringify([model.file, model.hazards])
    await model.close()
  } catch (error) {
    expect(error).toMatchObject({ name: expect.stringMatching(/^(FormatsError|CoreError)$/) })
  }
}

describe('what protobuf would merge', () => {
  test('a second graph does not hide the first one', async () => {
    const content = modelOf(message(2, node('x', 'PyFunc')), message(2, node('x', 'NoOp')))
    await expect(open(content)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })

  test('a path in the second way of writing a text is seen', async () => {
    const text = message(
      8,
      int(1, 7),
      message(2),
      bytes(4, join(Uint8Array.of(11), Buffer.from('/etc/passwd'))),
    )
    const graph = join(node('p', 'Const', attribute('value', text)), node('r', 'ReadFile', bytes(3, 'p')))
    expect((await openGraph(graph)).hazards).toMatchObject([{ detail: 'reads a file: "/etc/passwd"' }])
  })
})
