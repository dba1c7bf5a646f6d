import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../../test/fixtures/model-input.ts'
import type { ByteSource } from '../../../core/index.ts'
import { openPickle } from './open.ts'

const open = (latin: string) => openPickle(memoryInput(Buffer.from(latin, 'latin1'), 'x.pkl'))
const fixture = async (path: string) => openPickle(await fixtureInput('pickle', path))
const namesOf = async (latin: string): Promise<string[]> => {
  const { file } = await open(latin)
  return file.tensors.map(({ name }) => name)
}

/** `array.array` of bytes: the shortest array that a pickle has. */
const BYTES = "carray\n_array_reconstructor\n(carray\narray\nS'B'\nI0\nC\x02abtR"

describe('arrays are named by their place', () => {
  test.each<[string, string, string[]]>([
    ['the root', `${BYTES}.`, ['array']],
    ['a list', `(N${BYTES}l.`, ['[1]']],
    ['the root dictionary', `(S'w'\n${BYTES}d.`, ['w']],
    ['a dictionary below it', `(S'w'\n(S'b'\n${BYTES}dd.`, ["w['b']"]],
    ['a key with marks of the notation', `(S'a[0]'\n${BYTES}d.`, ["['a[0]']"]],
    ['a key with a quote and a line feed', `(V'\\u000a\n${BYTES}d.`, ["['\\'\\x0a']"]],
    ['an int as key', `(I7\n${BYTES}d.`, ['[7]']],
    ['a tuple as key, and an array', `((I7\nt${BYTES}${BYTES}Nd.`, ['{0}', '{1}key']],
    ['attributes', `cm\nC\n)\x81}S'a'\n(S'b'\n${BYTES}dsb.`, ["a['b']"]],
    ['attributes in slots', `cm\nC\n)\x81(N(S's'\n${BYTES}dtb.`, ['s']],
    ['a state that is no dictionary', `cm\nC\n)\x81(${BYTES}lb.`, ['__state__[0]']],
    ['what is appended', `cm\nC\n)\x81${BYTES}a.`, ['[0]']],
    ['what is set', `cm\nC\n)\x81S'k'\n${BYTES}s.`, ['k']],
    ['arguments', `cm\nf\n(N${BYTES}tR.`, ['(1)']],
    ['named arguments', `cm\nC\n)(S'k'\n${BYTES}d\x92.`, ['(k)']],
    ['a set', `(${BYTES}\x91.`, ['{0}']],
  ])('%s', async (_, pickle, names) => {
    expect(await namesOf(pickle)).toEqual(names)
  })

  test('what is reached twice is told once', async () => {
    expect(await namesOf(`(${BYTES}q\0h\0l.`)).toEqual(['[0]'])
  })

  test('two keys that read the same are told apart', async () => {
    expect(await namesOf(`(S'a'\n${BYTES}S'a'\n${BYTES}d.`)).toEqual(['a', 'a#2'])
  })

  test('objects in themselves are walked once', async () => {
    expect(await namesOf(`]q\0h\0a${BYTES}a.`)).toEqual(['[1]'])
  })
})

describe('the description', () => {
  test.each([
    ['torch.storage\n_load_from_bytes', /storages of PyTorch/],
    ['xgboost.core\nBooster', /XGBoost's trees/],
    ['lightgbm.basic\nBooster', /LightGBM's trees/],
  ])('of c%s tells once that its weights are not read', async (global, note) => {
    const { file } = await open(`(c${global}\n(NtRc${global}\n(NtRl.`)
    expect(file.notes).toEqual([expect.stringMatching(note)])
  })

  test('of a pipeline tells its steps, its maker and its parameters', async () => {
    const { file } = await fixture('sklearn/columns.pkl')
    expect(file).toMatchObject({
      format: 'pickle',
      framework: 'scikit-learn',
      producer: 'scikit-learn 1.9.1',
      what: 'Pipeline',
      graph: {
        kind: 'layers',
        nodes: [
          { name: 'prepare/numbers', op: 'StandardScaler', inputs: [], attributes: { columns: [0, 1] } },
          { name: 'prepare/rest', inputs: [] },
          { name: 'forest', op: 'RandomForestClassifier', inputs: ['prepare/numbers', 'prepare/rest'] },
        ],
      },
    })
    expect(file.metadata).toContainEqual({
      key: 'steps',
      value: '[["prepare","ColumnTransformer"],["forest","RandomForestClassifier"]]',
    })
  })

  test('of a forest tells its trees', async () => {
    const { graph, what } = (await fixture('sklearn/random-forest.pkl')).file
    expect(what).toBe('RandomForestClassifier')
    expect(graph).toMatchObject({
      kind: 'trees',
      operators: [{ name: 'DecisionTreeClassifier', count: 3 }],
      nodes: [{ name: 'estimators_[0]', attributes: { depth: 2 } }, {}, {}],
    })
  })

  test.each([
    ['gradient-boosting.pkl', 'DecisionTreeRegressor', 2],
    ['hist-gradient-boosting.joblib', 'TreePredictor', 2],
  ])('of %s tells its rounds', async (path, name, count) => {
    const { graph } = (await fixture(`sklearn/${path}`)).file
    expect(graph?.operators).toMatchObject([{ name, count }])
  })

  test('of a joblib file says so, and has the scalars of numpy as numbers', async () => {
    const { file } = await fixture('sklearn/gaussian-nb.pkl')
    const epsilon = file.metadata.find(({ key }) => key === 'epsilon_')
    expect(Number(epsilon?.value)).toBeGreaterThan(0)
    expect((await fixture('sklearn/linear.joblib')).file.format).toBe('joblib')
  })

  test('of records gives the fields of each node', async () => {
    const { tensors } = (await fixture('sklearn/decision-tree.joblib')).file
    expect(tensors.find(({ name }) => name === 'tree_.nodes')).toMatchObject({
      dtype: 'record',
      itemBytes: 64,
      fields: [
        { name: 'left_child', dtype: 'int64', offset: 0 },
        { name: 'right_child', dtype: 'int64', offset: 8 },
        { name: 'feature', dtype: 'int64', offset: 16 },
        { name: 'threshold', dtype: 'float64', offset: 24 },
        { name: 'impurity', dtype: 'float64', offset: 32 },
        { name: 'n_node_samples', dtype: 'int64', offset: 40 },
        { name: 'weighted_n_node_samples', dtype: 'float64', offset: 48 },
        { name: 'missing_go_to_left', dtype: 'uint8', offset: 56 },
      ],
    })
  })

  test('is plain JSON', async () => {
    const { file } = await fixture('arrays-4.pkl')
    expect(JSON.parse(JSON.stringify(file))).toEqual(file)
  })

  test.each([
    ['bytes behind the pickle', 'N.\0\0\0', '3 bytes follow the pickle'],
    ['several pickles', 'N.N.', '2 pickles stand one after another'],
    [
      'files of joblib before 0.10',
      "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}S'filename'\nS'a.npy'\nsb.",
      "the array 'array' is in a.npy, written by joblib before 0.10",
    ],
  ])('notes %s', async (_, pickle, note) => {
    expect((await open(pickle)).file.notes).toContain(note)
  })

  test.each([
    ['a class of another package', 'cxgboost.sklearn\nXGBClassifier\n)\x81.', 'XGBoost', 'XGBClassifier'],
    ['a list', '].', undefined, 'list'],
    ['a class by itself', 'cnumpy\nfloat64\n.', undefined, 'float64'],
  ])('of %s', async (_, pickle, framework, what) => {
    const { file } = await open(pickle)
    expect([file.framework, file.what]).toEqual([framework, what])
  })
})

describe('elements', () => {
  test('texts come by readText', async () => {
    const model = await fixture('arrays-5.pkl')
    expect(await allOf(model.readText!('text'))).toEqual(['alpha', 'βeta', '😀'])
    expect(await allOf(model.readText!('big text'))).toEqual(['alpha', 'βeta'])
    expect(await allOf(model.readText!('bytes'))).toEqual(['abc', '', 'de'])
    await expect(allOf(model.readText!('float32'))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    await expect(digestOf(model, 'text')).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })

  test('objects have no bytes, and what is not there is missing', async () => {
    const model = await fixture('arrays-5.pkl')
    await expect(digestOf(model, 'objects')).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    await expect(digestOf(model, 'flaot32')).rejects.toMatchObject({
      code: 'TENSOR_MISSING',
      hint: expect.stringContaining('float32'),
    })
  })

  test.each([
    ['too few bytes', 'C\x03abc', 'has 3'],
    ['too many', `C\x09abcdefghi`, 'has 9'],
    ['text that stands for no bytes', 'X\x09\0\0\0\xe2\x82\xacabcdef', ''],
  ])('%s are refused', async (_, data, message) => {
    const dtype = "cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
    const model = await open(
      `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\nt${dtype}I00\n${data}tb.`,
    )
    await expect(digestOf(model, 'array')).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringContaining(message),
    })
  })

  test('an array out of band is told, and can not be read', async () => {
    const dtype = "cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
    const model = await open(`cnumpy.core.numeric\n_frombuffer\n(\x97${dtype}(I3\ntS'C'\ntR.`)
    expect(model.file.tensors).toMatchObject([{ shape: [3], stored: ['out-of-band'] }])
    await expect(digestOf(model, 'array')).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })
})

describe('hostile trees', () => {
  test('nesting without end is a limit', async () => {
    await expect(open(`${'('.repeat(2000)}${'t'.repeat(2000)}.`)).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
    })
  })

  test("names that are Python's or JavaScript's own mean nothing", async () => {
    const { file } = await open(`cm\nC\n)\x81}(S'__proto__'\nI1\nS'constructor'\nI2\nub.`)
    expect(file.metadata).toEqual([
      { key: '__proto__', value: '1' },
      { key: 'constructor', value: '2' },
    ])
    const inner = await open(`cm\nC\n)\x81}S'a'\n(S'__proto__'\nS'x'\ndsb.`)
    expect(inner.file.metadata).toEqual([{ key: 'a', value: '{"__proto__":"x"}' }])
  })

  test('a fault is thrown as it is', async () => {
    await expect(open('(N')).rejects.toMatchObject({ code: 'FORMAT_TRUNCATED' })
    await expect(open('')).rejects.toMatchObject({ code: 'FORMAT_TRUNCATED' })
  })

  test.each(['arrays-0.pkl', 'arrays-2.pkl', 'arrays-5.pkl', 'arrays.joblib', 'sklearn/pipeline.joblib'])(
    '%s with any bytes changed is read or refused with a typed error',
    async path => {
      const whole = readFileSync(new URL(`../../../../test/fixtures/pickle/${path}`, import.meta.url))
      for (const content of mutations(whole, 150)) {
        const outcome = await readAll(openPickle, memoryInput(content, 'x.pkl')).catch(
          (error: unknown) => error,
        )
        if (outcome !== undefined)
          expect(outcome).toMatchObject({ name: expect.stringMatching(/^(Formats|Core)Error$/) })
      }
    },
  )
})

test('of a large file little is read for its description', async () => {
  // Twelve arrays of 5 MB each, as protocol 2 writes them: text of two bytes a character.
  const dtype = "cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR"
  const length = 2_500_000
  const head = Buffer.from([0x58, 0, 0, 0, 0])
  head.writeUInt32LE(length * 2, 1)
  const array = [
    Buffer.from(
      `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I${length}\nt${dtype}I00\nc_codecs\nencode\n(`,
    ),
    head,
    Buffer.alloc(length * 2, Buffer.from([0xc3, 0xbf])),
    Buffer.from("S'latin1'\ntRtb"),
  ]
  const parts = [Buffer.from('('), ...Array.from({ length: 12 }, () => array).flat(), Buffer.from('l.')]
  const input = memoryInput(Buffer.concat(parts), 'x.pkl')
  let read = 0
  const source: ByteSource = {
    ...input.source,
    read(offset, size) {
      read += size
      return input.source.read(offset, size)
    },
  }
  const model = await openPickle({ ...input, source })
  expect(model.file.tensors.length).toBe(12)
  expect(read).toBeLessThan(input.source.size / 50)
  let [bytes, others] = [0, 0]
  for await (const piece of model.readTensor('[11]')) {
    bytes += piece.length
    others += piece.filter(byte => byte !== 255).length
  }
  expect([bytes, others]).toEqual([length, 0])
})
