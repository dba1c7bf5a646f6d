import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { supposed } from '../convert/supposed.ts'
import { bar, hasUnicode, sparkline } from '../output/bar.ts'
import { describeAnswers } from './describe.ts'
import { checked, endpointOf } from './endpoint.ts'
import { guessType, inputOf, readInput } from './inputs.ts'
import { isLocalModel } from './local.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const G = 'http://127.0.0.1:7421'

test.each([
  [G, 'digits', undefined, `${G}/v2/models/digits`, undefined],
  [`${G}/`, 'digits', 3, `${G}/v2/models/digits/versions/3`, undefined],
  [`${G}/v2/models/digits`, undefined, undefined, `${G}/v2/models/digits`, undefined],
  [`${G}/v2/models/digits/versions/2/`, undefined, undefined, `${G}/v2/models/digits/versions/2`, undefined],
  [`${G}/v2/models/digits/versions/2`, undefined, 5, `${G}/v2/models/digits/versions/5`, undefined],
  [
    `${G}/proxy/v2/models/digits/infer`,
    undefined,
    undefined,
    `${G}/proxy/v2/models/digits`,
    `${G}/proxy/v2/models/digits/infer`,
  ],
  [
    `${G}/v1/models/digits:predict`,
    undefined,
    undefined,
    `${G}/v1/models/digits:predict`,
    `${G}/v1/models/digits:predict`,
  ],
  [G, 'a/b', undefined, `${G}/v2/models/a%2Fb`, undefined],
])('%s with the model %s, version %s', (url, model, version, base, exact) => {
  expect(endpointOf(url, model, version)).toEqual(
    exact === undefined ? { model: base } : { model: base, exact },
  )
})

test.each([['digits'], ['ftp://x/v2/models/m'], [G], [`${G}/v2/models/`], ['']])('%j names no model', url => {
  expect(() => endpointOf(url)).toThrow(expect.objectContaining({ code: 'URL_INVALID' }))
})

test.each([
  ['cat.jpeg', 'x', 'image/jpeg'],
  ['noname', '\x89PNG\r\n\x1a\n', 'image/png'],
  ['wrong.csv', '\xff\xd8\xff\xe0', 'image/jpeg'],
  ['-', 'RIFF\0\0\0\0WEBP', 'image/webp'],
  ['-', '\x93NUMPY\x01', 'application/x-npy'],
  ['t.tsv', 'a\tb', 'text/tab-separated-values'],
  ['r.jsonl', '{"a":1}\n', 'application/x-ndjson'],
  ['-', ' {"a":1}', 'application/json'],
  ['-', '[[1,2]]', 'application/json'],
  ['-', 'hello, world', 'text/plain'],
  ['__proto__', 'x', 'text/plain'],
  ['a.constructor', 'x', 'text/plain'],
])('%s that begins with %j is %s', (file, head, type) => {
  expect(guessType(file, Buffer.from(head, 'latin1'))).toBe(type)
})

test.each([
  ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}', 'infer'],
  ['{"inputs":[[1,2]]}', 'predict'],
  ['{"inputs":{"x":[1]}}', 'predict'],
  ['{"age":3}', 'predict'],
  ['null', 'predict'],
  ['{"inputs":[null]}', 'predict'],
  ['{', 'predict'],
])('%s is asked at /%s', async (json, path) => {
  expect((await inputOf('r.json', Buffer.from(json), 'application/json')).path).toBe(path)
})

test('a file that is not there is said to be not there', async () => {
  await expect(readInput('/nowhere/cat.jpg', undefined)).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' })
})

test("a server's refusal is told with its reason and its hint, whatever its body is", () => {
  const refuse = (status: number, body: string) => () => checked({ status, body: Buffer.from(body) })
  expect(refuse(400, '{"error":"too long","hint":"Cut it."}')).toThrow(
    expect.objectContaining({
      code: 'PREDICTION_REFUSED',
      message: "The model's server answered 400: too long",
      hint: 'Cut it.',
    }),
  )
  expect(refuse(502, '<html>bad gateway</html>')).toThrow(/502: <html>bad gateway/)
  expect(refuse(401, '')).toThrow(expect.objectContaining({ hint: expect.stringContaining('--token-file') }))
  expect(refuse(200, '{}')()).toMatchObject({ status: 200 })
})

const top = [
  { label: '猫', index: 0, score: 0.75 },
  { label: 'dog\u001b[2J', index: 1, score: 0.25 },
]

test('one class prediction is its best classes with bars; nothing steers the terminal', () => {
  const answer = { model: 'pets', version: 3, label: 'cat', index: 0, score: 0.75, top }
  expect(describeAnswers([{ input: 'a.jpg', ms: 2, answer }], true)).toBe(
    ['猫        75.00 %  ██████████████████', 'dog [2J   25.00 %  ██████', '', 'pets 3  a.jpg  2 ms'].join(
      '\n',
    ),
  )
})

test('several answers are a table, and those of one file are numbered', () => {
  const cat = { label: 'cat', score: 0.75 }
  const text = describeAnswers(
    [
      { input: 'a.jpg', ms: 2, answer: cat },
      { input: 'b.jpg', ms: 3, answer: { values: [1.5] } },
    ],
    true,
  )
  expect(text.split('\n').map(line => line.split(/ {2,}/))).toEqual([
    ['INPUT', 'ANSWER', 'SCORE', 'TIME'],
    ['a.jpg', 'cat', '75.00 %', '2 ms'],
    ['b.jpg', '1.5', '3 ms'],
  ])
  const rows = describeAnswers([{ input: 'a.csv', ms: 2, answer: { predictions: [cat, cat] } }], true)
  expect(rows).toMatch(/a\.csv:1 .*\na\.csv:2 /)
})

test.each([
  [
    { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.5, 1] }] },
    /y FP32\[1, 2\] {2}0\.5 {2}1/,
  ],
  [{ values: { price: 12.5 } }, /price {2}12\.5/],
  [{ dtype: 'int64', shape: [12], data: Array.from({ length: 12 }, (_, i) => i) }, /… 12 values/],
  ['label\ncat\n', /cat/],
  [null, /null/],
  [[1, 2], /\[1,2\]/],
])('the answer %j is shown', (answer, shown) => {
  expect(describeAnswers([{ input: 'x', ms: 1, answer }], true)).toMatch(shown)
})

type Sizes = readonly (number | string)[]
const signature = (dtype: 'float32' | 'uint8' | 'int64', shape: Sizes, output: Sizes, name = 'y') => ({
  name: 'serving',
  inputs: [{ name: 'x', kind: 'tensor' as const, dtype, shape }],
  outputs: [{ name, kind: 'tensor' as const, dtype: 'float32' as const, shape: output }],
})

test.each([
  [signature('float32', ['N', 3, 224, 200], ['N', 10]), 'image-classification', 'decode resize scale layout'],
  [
    signature('float32', ['N', 28, 28, 1], ['N', 10]),
    'image-classification',
    'decode grayscale resize scale layout',
  ],
  [signature('uint8', [1, 64, 64, 3], ['N', 10]), 'image-classification', 'decode resize layout'],
  [signature('float32', ['N', 3, 8, 8], ['N', 3, 8, 8]), 'generic', 'decode resize scale layout'],
  [signature('float32', ['N', 3, 'H', 'W'], ['N', 10], 'logits'), 'classification', ''],
  [signature('int64', ['N', 3, 8, 8], ['N', 10], 'probabilities'), 'classification', ''],
  [signature('float32', ['N', 4], ['N', 384]), 'generic', ''],
  [signature('float32', ['N', 4], ['N', 1], 'score'), 'generic', ''],
  [signature('float32', ['N', 4], ['N', 3, 3], 'logits'), 'generic', ''],
])('without a ballast.yaml %# is %s', (value, task, steps) => {
  const config = supposed('m', value)
  expect([config.task, config.preprocess.map(({ kind }) => kind).join(' ')]).toEqual([task, steps])
})

test('labels beside a model say that its scores are of classes', () => {
  const value = signature('float32', ['N', 4], ['N', 3])
  expect(supposed('m', value, ['a', 'b', 'c'])).toMatchObject({
    task: 'classification',
    labels: ['a', 'b', 'c'],
  })
})

test('the scores beside a class that the model names itself are what classes are told by', () => {
  const { outputs, ...rest } = signature('float32', ['N', 4], ['N', 3], 'probabilities')
  const label = { name: 'label', kind: 'tensor' as const, dtype: 'int64' as const, shape: ['N'] }
  const told = { task: 'classification', output: 'probabilities' }
  expect(supposed('m', { ...rest, outputs: [label, ...outputs] })).toMatchObject(told)
  const unnamed = [label, { ...outputs[0]!, name: 'p' }]
  expect(supposed('m', { ...rest, outputs: unnamed }).task).toBe('generic')
  expect(supposed('m', { ...rest, outputs: unnamed }, [], 'p')).toMatchObject({ ...told, output: 'p' })
})

test('a word is a model file where it is a path, or a file that is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'predict-'))
  folders.push(folder)
  writeFileSync(join(folder, 'model.onnx'), '')
  expect(await isLocalModel(join(folder, 'model.onnx'))).toBe(true)
  expect(await isLocalModel('./nowhere')).toBe(true)
  expect(await isLocalModel('digits')).toBe(false)
  expect(await isLocalModel('digits-v1.5')).toBe(false)
})

test('bars and columns keep their width, in Unicode and in ASCII', () => {
  expect([0, 0.001, 0.5, 1, 2, -1].map(part => bar(part, 4, true))).toEqual([
    '',
    '▏',
    '██',
    '████',
    '████',
    '',
  ])
  expect([0, 0.001, 0.5, 1].map(part => bar(part, 4, false))).toEqual(['', '#', '##', '####'])
  expect(sparkline([0, 1, 4, 8], true)).toBe(' ▁▄█')
  expect(sparkline([0, 0], true)).toBe('  ')
  expect(sparkline([1, 8], false)).toMatch(/^[\x20-\x7e]{2}$/)
  expect(hasUnicode({ LANG: 'de_DE.UTF-8' })).toBe(true)
  expect(hasUnicode({ LANG: 'C.UTF-8', TERM: 'dumb' })).toBe(false)
})
