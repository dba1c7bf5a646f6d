import { expect, test } from 'vitest'
import { readPlain } from './psych.ts'

test.each([
  ['', null],
  ['~', null],
  ['null', null],
  ['NULL', null],
  ['yes', true],
  ['On', true],
  ['TRUE', true],
  ['off', false],
  ['No', false],
  ['y', 'y'],
  ['n', 'n'],
  ['yes please', 'yes please'],
  ['0', 0],
  ['-12', -12],
  ['+7', 7],
  ['1.10', 1.1],
  ['.5', 0.5],
  ['1.', 1],
  ['1.5e+3', 1500],
  ['1e3', '1e3'],
  ['.', '.'],
  ['08', '08'],
  ['1.2.3', '1.2.3'],
  ['0o17', '0o17'],
  ['2024-01-31', '2024-01-31'],
  ['2024-01-31 10:00:00', '2024-01-31 10:00:00'],
  ['80:80', '80:80'],
  ['.inf', '.inf'],
  ['-', '-'],
  [
    '12345678901234567890123456789012345678901234567890123456789012345',
    '12345678901234567890123456789012345678901234567890123456789012345',
  ],
] as const)('%j is %j', (text, value) => {
  expect(readPlain(text)).toEqual({ value })
})

test.each([
  ['0755', 493],
  ['-010', -8],
  ['0x1F', 31],
  ['0b101', 5],
  ['1_000', 1000],
  ['1,000', 1000],
  ['1,000.5', 1000.5],
  ['12:30', 45_000],
  ['1:30:15', 5415],
] as const)('%s is another number than it looks like: %d, and that is said', (text, value) => {
  const read = readPlain(text)
  expect(read).toMatchObject({ value, text: String(value) })
  expect(read.note).toContain(`${text} is read as the number ${value}`)
})
