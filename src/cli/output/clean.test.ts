import { expect, test } from 'vitest'
import { clean, cleanLines } from './clean.ts'

test.each([
  ['dense/kernel:0', 'dense/kernel:0'],
  ['狗 · naïve — “x”', '狗 · naïve — “x”'],
  ['\u001b[2J\u001b]0;title\u0007name', '[2J ]0;title name'],
  ['a\nb\r\nc\td', 'a b c d'],
  ['\u009b31mred', '31mred'],
  ['evil\u202egpj.pkl', 'evil gpj.pkl'],
  ['\u2066a\u2069\u200f', 'a'],
  ['\u0000\u007f', ''],
])('%j is printed as %j', (text, printed) => {
  expect(clean(text)).toBe(printed)
})

test('lines stay, where a text has some', () => {
  expect(cleanLines('one\n  two\u001b[1m\r\n')).toBe('one\n  two [1m \n')
})
