import { expect, test } from 'vitest'
import { readPushOptions } from './push-options.ts'

const isVariable = (name: string) => /^[A-Z_]+$/.test(name) && name !== 'PATH'
const read = (...lines: string[]) => readPushOptions(lines, isVariable)
const NONE = { skip: false, variables: {}, inputs: {} }

test.each([
  [[], undefined],
  [['merge_request.create', 'topic=x', 'CI.skip'], undefined],
  [['ci.skip'], { ...NONE, skip: true }],
  [['ci.no_pipeline'], { ...NONE, skip: true }],
  [['ci.variable=A=1'], { ...NONE, variables: { A: '1' } }],
  [['ci.variable="A=b c"'], { ...NONE, variables: { A: 'b c' } }],
  [["ci.variable='A=x=y'", 'ci.variable=B='], { ...NONE, variables: { A: 'x=y', B: '' } }],
  [['ci.variable=A=1', 'ci.variable=A=2'], { ...NONE, variables: { A: '2' } }],
  [['ci.input=name=dev'], { ...NONE, inputs: { name: 'dev' } }],
  [['ci.input=n=3', 'ci.input=x=-1.5', 'ci.input=b=true'], { ...NONE, inputs: { n: 3, x: -1.5, b: true } }],
  [['ci.input=l=["a","b"]', 'ci.input=m=[1]'], { ...NONE, inputs: { l: ['a', 'b'], m: '[1]' } }],
] as const)('%j', (lines, options) => {
  expect(read(...lines)).toEqual({ kind: 'options', options })
})

test.each([
  'ci.skipp',
  'ci.skip=true',
  'ci.variable',
  'ci.variable=A',
  'ci.variable=PATH=/tmp',
  'ci.variable=a b=1',
  'ci.variable=__proto__=1',
  'ci.input==x',
  'ci.input=a b=1',
  'ci.',
])('%s is refused, and named', line => {
  const answer = read(line)
  expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining(`'${line}'`) })
})

test('an input may be called as it likes, and makes no object another', () => {
  const answer = read('ci.input=__proto__=x')
  expect(answer).toMatchObject({ kind: 'options' })
  if (answer.kind !== 'options') return
  expect(Object.entries(answer.options!.inputs)).toEqual([['__proto__', 'x']])
  expect(Object.getPrototypeOf(answer.options!.inputs)).toBeNull()
})
