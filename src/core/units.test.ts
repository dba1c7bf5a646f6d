import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CoreError } from './errors.ts'
import { formatDuration, formatPercent, formatSize, parseDuration, parsePercent, parseSize } from './units.ts'

describe('parseDuration', () => {
  test.each([
    ['5 ms', 5],
    ['30s', 30_000],
    ['10m', 600_000],
    ['10 min', 600_000],
    ['1h 30m', 5_400_000],
    ['1h30m', 5_400_000],
    ['0.5s', 500],
    ['250 µs', 0.25],
    [' 2d ', 172_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })
  test.each([
    '',
    ' ',
    '5',
    'ms',
    '5 years',
    '-5s',
    '5s!',
    '!5s',
    '1h and 5m',
    '1e3s',
    '5 constructor',
    '5..0s',
  ])('%j is refused with what was expected and found', text => {
    expect(() => parseDuration(text)).toThrow(CoreError)
    expect(() => parseDuration(text)).toThrow(`found '${text}'`)
  })
})

describe('parseSize', () => {
  test.each([
    ['5 MB', 5_000_000],
    ['5MiB', 5_242_880],
    ['1.5 kB', 1500],
    ['7 B', 7],
    ['1 TiB', 2 ** 40],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })
  test.each(['', '5', '5 mb', '5 XB', '-1 MB', 'MB', '5 MB 3 kB', '5 toString'])('%j is refused', text => {
    expect(() => parseSize(text)).toThrow(CoreError)
  })
})

describe('parsePercent', () => {
  test.each([
    ['5%', 0.05],
    ['12.5 %', 0.125],
    ['100%', 1],
  ])('%s is %d', (text, fraction) => {
    expect(parsePercent(text)).toBe(fraction)
  })
  test.each(['5', '%', '-5%', '5%%', '1e1%'])('%j is refused', text => {
    expect(() => parsePercent(text)).toThrow(CoreError)
  })
})

describe('what people read', () => {
  test.each([
    [0.25, '250 µs'],
    [1.5, '1.5 ms'],
    [12, '12 ms'],
    [99.96, '100 ms'],
    [0.9996, '1 ms'],
    [0.99996, '1 ms'],
    [1234.5, '1.23 s'],
    [999.9, '1 s'],
    [59_999, '1 min 0 s'],
    [90_000, '1 min 30 s'],
    [119_600, '2 min 0 s'],
    [3_599_900, '1 h 0 min'],
    [5_400_000, '1 h 30 min'],
    [0, '0 ms'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
  test.each([
    [12, '12 B'],
    [1500, '1.5 kB'],
    [999_999, '1 MB'],
    [123_000_000, '123 MB'],
    [2_000_000_000, '2 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })
  test.each([
    [0.0512, '5.12 %'],
    [0.05, '5 %'],
    [1, '100 %'],
    [0, '0 %'],
  ])('%d is %s', (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text)
  })
  test('without digits, 100 % is no 1 %', () => {
    expect(formatPercent(1, 0)).toBe('100 %')
  })
  test('whole percentages come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), n => {
        expect(formatPercent(parsePercent(`${n}%`))).toBe(`${n} %`)
      }),
    )
  })
  test('a duration never shows 60 seconds or 60 minutes', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), ms => {
        expect(formatDuration(ms)).not.toMatch(/\b60 (s|min)$|\b1000 (ms|µs)/)
      }),
    )
  })
})
