import { expect, test } from 'vitest'
import { typedInputs } from './inputs.ts'

const FILE = `spec:
  inputs:
    s: { type: string }
    n: { type: number }
    b: { type: boolean }
    a: { type: array }
    plain:
---
job: { script: [ "true" ] }
`

test.each([
  ['s', '1.10', '1.10'],
  ['s', 'true', 'true'],
  ['n', '1.10', 1.1],
  ['n', 'many', 'many'],
  ['b', 'true', true],
  ['b', 'yes', 'yes'],
  ['a', '["x","y"]', ['x', 'y']],
  ['a', 'x', 'x'],
  ['plain', '5', '5'],
  ['unknown', '5', '5'],
])('the input %s of %j is %j', (name, text, value) => {
  expect(typedInputs({ [name]: text }, FILE)).toEqual({ [name]: value })
})

test.each([
  ['a comment and a document mark come first', `# ci\n---\n${FILE}`],
  ['the file begins with one', `---\n${FILE}`],
])('also where %s', (_what, file) => {
  expect(typedInputs({ n: '5' }, file)).toEqual({ n: 5 })
})

test('a file without declared inputs leaves texts', () => {
  expect(typedInputs({ n: '5' }, 'job: { script: [ "true" ] }\n')).toEqual({ n: '5' })
})
