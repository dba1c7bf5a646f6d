import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import type { ModelInput } from '../ports.ts'
import { memoryTree } from '../tree/memory.ts'
import { openLightgbm, openXgboost } from './index.ts'

function inputOf(source: ByteSource): ModelInput {
  return { source, path: 'm', storedSize: source.size, wrapper: [], tree: memoryTree(new Map()) }
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const open = (text: string) => openXgboost(inputOf(sourceOf(bytesOf(text), 'm')))
const light = (text: string) => openLightgbm(inputOf(sourceOf(bytesOf(text), 'm')))

/** A tree of a root and two leaves, with some of its arrays given. */
function tree(arrays: Record<string, unknown> = {}): string {
  return JSON.stringify({
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    split_indices: [0, 0, 0],
    split_conditions: [0.5, 1, 2],
    tree_param: { num_nodes: '3' },
    ...arrays,
  })
}

const booster = (inner: string) =>
  `{"learner":{"gradient_booster":{"name":"gbtree","model":${inner}}},"version":[3,2,0]}`
const trees = (...all: string[]) => booster(`{"trees":[${all.join(',')}]}`)

async function readTrees(text: string): Promise<number> {
  let count = 0
  for await (const _ of (await open(text)).readTrees()) count++
  return count
}

test('an honest model is read, in any order of its members and with any white space', async () => {
  expect(await readTrees(trees(tree(), tree()))).toBe(2)
  const spaced = JSON.stringify(JSON.parse(trees(tree())), null, 2)
  expect(await readTrees(spaced)).toBe(1)
  const turned = `{"version":[3,2,0],"learner":{"gradient_booster":{"model":{"trees":[${tree()}]},"name":"gbtree"}}}`
  expect((await open(turned)).file.graph!.name).toBe('gbtree')
})

test('a pickled booster, which keeps its configuration too, is read', async () => {
  expect(await readTrees(`{"Config":{"a":[1,{"b":"]"}]},"Model":${trees(tree())}}`)).toBe(1)
})

describe('JSON that lies', () => {
  test.each<[string, string, string, RegExp]>([
    ['two members of one name', '{"learner":{},"learner":{}}', 'FORMAT_MALFORMED', /two members 'learner'/],
    ['no learner', '{"version":[1]}', 'FORMAT_MALFORMED', /0 learners/],
    ['more behind the end', `${trees(tree())}x`, 'FORMAT_MALFORMED', /follows the end/],
    [
      'a number of trees',
      booster(`{"gbtree_model_param":{"num_trees":"2"},"trees":[${tree()}]}`),
      'FORMAT_MALFORMED',
      /2 trees, and has 1/,
    ],
    [
      'a number of nodes',
      trees(tree({ tree_param: { num_nodes: '4' } })),
      'FORMAT_MALFORMED',
      /4 nodes, and has 3/,
    ],
    [
      'arrays of two lengths',
      trees(tree({ split_indices: [1] })),
      'FORMAT_MALFORMED',
      /3 nodes, and 1 split_indices/,
    ],
    ['no children', trees('{}'), 'FORMAT_MALFORMED', /no left_children/],
    ['a text among numbers', trees(tree({ split_conditions: ['a'] })), 'FORMAT_MALFORMED', /out of place/],
    [
      'an array among numbers',
      trees(tree({ split_conditions: [[1], 1, 2] })),
      'FORMAT_MALFORMED',
      /out of place/,
    ],
    [
      'a comma too many',
      trees(tree().replace('[1,-1,-1]', '[1,-1,,-1]')),
      'FORMAT_MALFORMED',
      /out of place/,
    ],
    [
      'a comma at the end',
      trees(tree().replace('[1,-1,-1]', '[1,-1,-1,]')),
      'FORMAT_MALFORMED',
      /out of place/,
    ],
    [
      'a space in a number',
      trees(tree().replace('[1,-1,-1]', '[1,-1,- 1]')),
      'FORMAT_MALFORMED',
      /out of place/,
    ],
    [
      'a number of a hundred digits',
      trees(tree().replace('0.5', '1'.repeat(100))),
      'FORMAT_MALFORMED',
      /out of place/,
    ],
    [
      'a string that is not UTF-8',
      '{"learner":{"feature_names":["\xff"]}}',
      'FORMAT_MALFORMED',
      /string is broken/,
    ],
    ['a string of 2 MB', `{"learner":{"feature_names":["${'x'.repeat(2e6)}"]}}`, 'FORMAT_LIMIT', /1048576/],
    ['arrays in arrays', `{"learner":${'['.repeat(1000)}`, 'FORMAT_MALFORMED', /expected '\{'/],
    ['arrays in arrays that nobody reads', `{"other":${'['.repeat(1e6)}`, 'FORMAT_LIMIT', /64 deep/],
    ['a file that ends', '{"learner":', 'FORMAT_TRUNCATED', /ends within/],
    ['something else', 'hello', 'FORMAT_MALFORMED', /neither JSON nor UBJSON/],
    ['an empty file', '', 'FORMAT_MALFORMED', /neither JSON nor UBJSON/],
    ['the binary form of old', 'binf\0\0\0', 'FORMAT_UNSUPPORTED', /gave up/],
  ])('%s', async (_, text, code, message) => {
    await expect(open(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a child beyond', { left_children: [5, -1, -1] }, /leads to 5/],
    ['a child below', { left_children: [-7, -1, -1] }, /leads to -7/],
    ['the root as a child', { left_children: [0, -1, -1] }, /leads to 0/],
    ['a child of two', { right_children: [1, -1, -1] }, /two ways to its node 1/],
    ['half a child', { left_children: [0.5, -1, -1] }, /0.5, which is no int32/],
    ['a child beyond 32 bits', { left_children: [2 ** 40, -1, -1] }, /no int32/],
  ])('a tree with %s', async (_, arrays, message) => {
    await expect(readTrees(trees(tree(arrays)))).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  test('a tree with a circle that its root does not reach', async () => {
    const circle = tree({
      left_children: [-1, 3, 1, -1, -1],
      right_children: [-1, 2, 4, -1, -1],
      split_indices: [0, 0, 0, 0, 0],
      split_conditions: [0, 0, 0, 0, 0],
      tree_param: {},
    })
    await expect(readTrees(trees(circle))).rejects.toMatchObject({
      message: expect.stringMatching(/root does not lead to/),
    })
  })

  test('words and numbers of older releases are read', async () => {
    const old = tree().replace(
      '{',
      '{"default_left":[true,false,false],"sum_hessian":[NaN,Infinity,-Infinity],',
    )
    const model = await open(trees(old))
    const pieces: Uint8Array[] = []
    for await (const piece of model.readTensor('trees[0].sum_hessian')) pieces.push(piece)
    expect(Array.from(new Float32Array(pieces[0]!.slice().buffer))).toEqual([Number.NaN, Infinity, -Infinity])
    for await (const { defaultLeft } of model.readTrees()) expect(Array.from(defaultLeft)).toEqual([1, 0, 0])
  })
})

describe('UBJSON that lies', () => {
  const length = (value: number) => {
    const bytes = Buffer.alloc(9, 'L')
    bytes.writeBigInt64BE(BigInt(value), 1)
    return bytes.toString('latin1')
  }
  const key = (name: string) => length(name.length) + name
  const wrap = (value: string, member = 'other') => `{${key(member)}${value}}`

  test.each<[string, string, string, RegExp]>([
    [
      'an array longer than the file',
      wrap(`[$d#${length(2 ** 50)}`),
      'FORMAT_TRUNCATED',
      /needs 4503599627370496/,
    ],
    ['a length below zero', wrap(`[$d#${length(-1)}`), 'FORMAT_MALFORMED', /a length is -1/],
    ['a length of half', wrap(`[$d#d\x3f\x00\x00\x00`), 'FORMAT_MALFORMED', /a length is 0.5/],
    ['a key of a terabyte', `{${length(2 ** 40)}x`, 'FORMAT_LIMIT', /string has 1099511627776/],
    ['a typed array without a count', wrap('[$d'), 'FORMAT_MALFORMED', /no count/],
    ['a type that is none', wrap('q'), 'FORMAT_MALFORMED', /no type 'q'/],
    ['a billion nulls', wrap(`[$Z#${length(2 ** 40)}`), 'FORMAT_MALFORMED', /0 learners/],
    [
      'a billion nulls for names',
      wrap(wrap(`[$Z#${length(2 ** 40)}`, 'feature_names'), 'learner'),
      'FORMAT_LIMIT',
      /10000000 elements/,
    ],
    ['an object of a billion members', `{#${length(2 ** 40)}`, 'FORMAT_TRUNCATED', /more/],
    ['arrays in arrays', wrap('['.repeat(1e5)), 'FORMAT_LIMIT', /64 deep/],
    ['arrays of arrays', wrap(`[$[#${length(10)}`.repeat(1e4)), 'FORMAT_LIMIT', /64 deep/],
    ['two members of one name', `{${key('a')}Z${key('a')}Z}`, 'FORMAT_MALFORMED', /two members 'a'/],
    ['more behind the end', `{${key('a')}Z}x`, 'FORMAT_MALFORMED', /follows the end/],
    ['a learner that is a number', wrap('i\x01', 'learner'), 'FORMAT_MALFORMED', /expected '\{', found 'i'/],
  ])('%s', async (_, text, code, message) => {
    await expect(open(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('typed arrays are jumped over, not read', async () => {
    const array = `[$d#${length(1e6)}`
    const inner = bytesOf(wrap(wrap(wrap(array + '\0'.repeat(4e6), 'model'), 'gradient_booster'), 'other'))
    let read = 0
    const source: ByteSource = {
      ...sourceOf(inner, 'm'),
      async read(at, count) {
        read += count
        return inner.subarray(at, at + count)
      },
    }
    await expect(openXgboost(inputOf(source))).rejects.toMatchObject({ message: /0 learners/ })
    expect(read).toBeLessThan(20_000)
  })
})

describe('LightGBM text that lies', () => {
  const lines = (more: Record<string, string> = {}) =>
    Object.entries({
      num_leaves: '3',
      num_cat: '0',
      split_feature: '0 1',
      threshold: '0.5 0.25',
      decision_type: '2 2',
      left_child: '1 -1',
      right_child: '-3 -2',
      leaf_value: '1 2 3',
      ...more,
    })
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  const model = (body: string, header = '') => `tree\nversion=v4\n${header}\n${body}end of trees\n`
  const one = (more?: Record<string, string>) => model(`Tree=0\n${lines(more)}\n\n`)
  const read = async (text: string) => {
    for await (const _ of (await light(text)).readTrees());
  }

  test('an honest model is read; a tree may be one leaf', async () => {
    await expect(read(one())).resolves.toBeUndefined()
    const leaf = {
      num_leaves: '1',
      split_feature: '',
      threshold: '',
      decision_type: '',
      left_child: '',
      right_child: '',
      leaf_value: '7',
    }
    await expect(read(one(leaf))).resolves.toBeUndefined()
  })

  test.each<[string, string, string, RegExp]>([
    ['another first line', 'forest\n', 'FORMAT_MALFORMED', /not 'tree'/],
    ['no end of trees', 'tree\nTree=0\n', 'FORMAT_TRUNCATED', /before 'end of trees'/],
    ['trees out of order', model(`Tree=1\n${lines()}`), 'FORMAT_MALFORMED', /expected 'Tree=0'/],
    ['a tree cut short', model('Tree=0\nnum_leaves=3\n'), 'FORMAT_MALFORMED', /2 split_feature; it has 0/],
    [
      'a wrong number of sizes',
      model(`Tree=0\n${lines()}`, 'tree_sizes=1 2\n'),
      'FORMAT_MALFORMED',
      /2 trees, and there are 1/,
    ],
    ['a line twice', model(`Tree=0\n${lines()}threshold=1 2\n`), 'FORMAT_MALFORMED', /two lines 'threshold'/],
    ['a header line twice', model('', 'objective=a\nobjective=b\n'), 'FORMAT_MALFORMED', /twice/],
    ['no leaves', one({ num_leaves: '0' }), 'FORMAT_MALFORMED', /no leaves/],
    ['leaves below zero', one({ num_leaves: '-3' }), 'FORMAT_MALFORMED', /num_leaves '-3'/],
    ['a billion leaves', one({ num_leaves: '1000000000' }), 'FORMAT_LIMIT', /limit/],
    ['categories without bounds', one({ num_cat: '2' }), 'FORMAT_MALFORMED', /2 categorical splits/],
    ['text for numbers', one({ leaf_value: 'a b c' }), 'FORMAT_MALFORMED', /no number/],
    ['hexadecimal numbers', one({ leaf_value: '0x1 2 3' }), 'FORMAT_MALFORMED', /no number/],
    ['commas between numbers', one({ leaf_value: '1,5 2 3' }), 'FORMAT_MALFORMED', /seemed to have 3/],
    ['a child beyond', one({ left_child: '1 7' }), 'FORMAT_MALFORMED', /leads to 7/],
    ['a leaf beyond', one({ left_child: '1 -9' }), 'FORMAT_MALFORMED', /leads to -9/],
    ['a circle', one({ left_child: '1 0' }), 'FORMAT_MALFORMED', /leads to 0/],
    [
      'a number of a million digits',
      one({ leaf_value: `1 2 ${'3'.repeat(1e6)}` }),
      'FORMAT_MALFORMED',
      /too long|no number|element/,
    ],
  ])('%s', async (_, text, code, message) => {
    await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
