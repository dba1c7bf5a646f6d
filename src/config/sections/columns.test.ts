import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ballastSchema, parseConfig } from '../index.ts'

const accepts = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  ballastSchema(),
)
const model = (text: string) => `model:\n  file: m.onnx\n${text.replaceAll(/^/gm, '  ')}`
const read = (text: string) => parseConfig(model(text))

test('columns in their short and long forms', () => {
  const text = `
columns:
  - age: float
  - name: text
  - { name: city, type: category, values: [Berlin, 北京, 7, true], unknown: -1, missing: Berlin }
  - { name: deck, type: category, values: [A, B], encoding: one-hot, unknown: ignore, missing: error }
  - { name: fare, type: float, missing: nan, missing_values: ['', '?'], input: numbers }
  - { name: word, type: text, missing: { value: nan } }
  - { name: boarded, type: date, unit: seconds, missing: 1970-01-01 }
`
  expect(accepts(parse(model(text)))).toBe(true)
  const { repository, diagnostics } = read(text)
  expect(diagnostics).toEqual([])
  expect(repository!.model.columns).toEqual([
    { name: 'age', type: 'float' },
    { name: 'name', type: 'text' },
    {
      name: 'city',
      type: 'category',
      values: ['Berlin', '北京', '7', 'true'],
      unknown: { kind: 'value', value: -1 },
      missing: { kind: 'value', value: 'Berlin' },
    },
    {
      name: 'deck',
      type: 'category',
      values: ['A', 'B'],
      encoding: 'one-hot',
      unknown: { kind: 'ignore' },
    },
    { name: 'fare', type: 'float', missing: { kind: 'nan' }, missingValues: ['', '?'], input: 'numbers' },
    { name: 'word', type: 'text', missing: { kind: 'value', value: 'nan' } },
    { name: 'boarded', type: 'date', unit: 'seconds', missing: { kind: 'value', value: '1970-01-01' } },
  ])
})

test('answers', () => {
  const text = `
task: classification
answer: { scores: sigmoid, top_k: 3, classes: many, threshold: 0.4, outputs: [embedding] }
`
  expect(accepts(parse(model(text)))).toBe(true)
  expect(read(text).repository!.model.answer).toEqual({
    scores: 'sigmoid',
    topK: 3,
    classes: 'many',
    threshold: 0.4,
    outputs: ['embedding'],
  })
  const { model: plain } = parseConfig('model: m.onnx').repository!
  expect(Object.keys(plain)).toEqual(['name', 'file', 'task', 'preprocess'])
})

test.each([
  ['columns: []', /Bad length/],
  ['columns: age', /columns/],
  ['columns: [age]', /columns/],
  ['columns: [{ age: number }]', /one of float/],
  ['columns: [{ age: float, fare: float }]', /'name' is missing/],
  ['columns: [{ name: a, type: float, valeus: [x] }]', /no key 'valeus'/],
  ['columns: [{ name: a, type: float, missing: [1] }]', /missing/],
  ['answer: { top_k: 0 }', /top_k/],
  ['answer: { threshold: 1.5 }', /threshold/],
  ['answer: { scores: argmax }', /scores/],
])('both refuse %s', (text, message) => {
  expect(accepts(parse(model(text)))).toBe(false)
  expect(
    read(text)
      .diagnostics.map(each => `${each.message} ${each.expected ?? ''}`)
      .join('\n'),
  ).toMatch(message)
})

test.each([
  ['columns: [{ city: category }]', /no values/],
  ['columns: [a: float, a: float]', /two columns 'a'/],
  ['columns: [{ name: a, type: float, missing: much }]', /'much' for missing values/],
  ['columns: [{ name: a, type: category, values: [x], unknown: ignore }]', /not one-hot/],
  ['columns: [a: float]\npreprocess: [decode: image]', /it has columns, and the step decode/],
  ['task: regression\nanswer: { scores: softmax }', /no meaning for the task regression/],
  ['task: classification\nanswer: { names: [a] }', /no meaning for the task classification/],
  ['answer: { top_k: 3 }', /no meaning for the task generic/],
  ['task: classification\nanswer: { classes: many, scores: softmax }', /softmax chooses one/],
])('%s makes no sense', (text, message) => {
  const { repository, diagnostics } = read(text)
  expect(repository).toBeUndefined()
  expect(diagnostics.map(each => each.message).join('\n')).toMatch(message)
})

test('what has many classes is not evaluated', () => {
  const text = `${model('task: classification\nanswer: { classes: many }')}\nevaluate: { data: d.npz }`
  expect(parseConfig(text).diagnostics).toMatchObject([{ code: 'NOT_AVAILABLE' }])
})
