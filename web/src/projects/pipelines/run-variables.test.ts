import { expect, test } from 'vitest'
import { readVariables } from './run-variables.ts'

test.each([
  ['', {}],
  ['A=1', { A: '1' }],
  ['A=1\r\n\n B_2=x=y \n', { A: '1', B_2: 'x=y ' }],
  ['A=1\nA=2', { A: '2' }],
  ['EMPTY=', { EMPTY: '' }],
])('%j', (text, variables) => {
  expect(readVariables(text)).toEqual({ kind: 'variables', variables })
})

test.each([
  ['A', 1],
  ['A=1\n2B=3', 2],
  ['=x', 1],
  ['A=1\n\nA-B=1', 3],
])('%j: line %i is none', (text, line) => {
  expect(readVariables(text)).toEqual({ kind: 'wrong', line })
})

test('no name reaches a prototype', () => {
  const read = readVariables('__proto__=1')
  expect(read.kind === 'variables' && Object.getPrototypeOf(read.variables)).toBe(Object.prototype)
  expect(read.kind === 'variables' && Object.keys(read.variables)).toEqual(['__proto__'])
})
