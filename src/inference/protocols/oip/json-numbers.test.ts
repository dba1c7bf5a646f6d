import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NumberScanner } from './json-numbers.ts'

function scan(text: string, target: Float32Array | Float64Array): number | undefined {
  return new NumberScanner(Buffer.from(text), 0, target).scan()
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.integer({ min: -1000, max: 1000 }).map(n => n / 1000),
  fc.double({ min: -1, max: 1, noNaN: true }),
)

test('doubles are those that JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.array(number), numbers => {
      const text = JSON.stringify(numbers)
      const target = new Float64Array(numbers.length)
      expect(scan(text, target)).toBe(text.length)
      expect(Array.from(target)).toEqual(JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

const isSingle = (value: number) => Number.isFinite(Math.fround(value))

test('singles are those doubles rounded once', () => {
  fc.assert(
    fc.property(fc.array(number.filter(isSingle)), numbers => {
      const text = JSON.stringify(numbers)
      const target = new Float32Array(numbers.length)
      scan(text, target)
      expect(target).toEqual(Float32Array.from(JSON.parse(text) as number[]))
    }),
    { numRuns: 300 },
  )
})

test('a number half-way between two singles is rounded by all its digits', () => {
  // 1 + 2^-24 lies half-way; the digits behind decide.
  const texts = [
    '1.000000059604644775',
    '1.0000000596046448',
    '1.00000005960464477539',
    '1.00000005960464478',
  ]
  const target = new Float32Array(texts.length)
  scan(`[${texts.join(',')}]`, target)
  expect(Array.from(target)).toEqual(texts.map(text => Math.fround(Number(text))))
})

test('nesting and white space do not matter', () => {
  const target = new Float64Array(4)
  expect(scan(' [ [1, -2.5e3] ,\n[3E-2,0]]x', target)).toBe(26)
  expect(Array.from(target)).toEqual([1, -2500, 0.03, 0])
})

test.each([
  '[01]',
  '[1.]',
  '[.5]',
  '[+1]',
  '[1e]',
  '[-]',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1',
  '1',
  '[[1],]',
  '[1}',
  '[]]',
  '[1][2]',
  `${'['.repeat(40)}1`,
])('what is no array of one JSON number is refused: %s', text => {
  expect(() => {
    const target = new Float64Array(1)
    const end = scan(text, target)
    // A whole array may be followed by something that the caller judges.
    if (end !== undefined && end < text.length) throw Object.assign(new Error(), { code: 'REQUEST_INVALID' })
  }).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
})

test.each(['["a"]', '[true]', '[null]', '[1,"2"]'])('%s is for another reader', text => {
  expect(scan(text, new Float64Array(2))).toBeUndefined()
})

test.each([
  ['[1,2,3]', 2],
  ['[1]', 2],
  ['[]', 1],
])('%s are not %d elements', (text, count) => {
  expect(() => scan(text, new Float32Array(count))).toThrow(/elements/)
})
