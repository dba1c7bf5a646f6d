import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomHex, requestIdOf } from './ids.ts'
import { readTraceparent, readTracestate, traceparentOf } from './traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-03`, true],
  [`00-${TRACE}-${SPAN}-fe`, false],
  // A later version: what it appends is not ours to read.
  [`01-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, true],
])('%s is taken, sampled %s', (text, sampled) => {
  expect(readTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled })
})

test.each([
  ['nothing', undefined],
  ['an empty header', ''],
  ['version ff', `ff-${TRACE}-${SPAN}-01`],
  ['a version of one digit', `0-${TRACE}-${SPAN}-01`],
  ['version 00 with more', `00-${TRACE}-${SPAN}-01-more`],
  ['version 00 with a dash more', `00-${TRACE}-${SPAN}-01-`],
  ['a later version with more, not after a dash', `01-${TRACE}-${SPAN}-01more`],
  ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['a long span', `00-${TRACE}-${SPAN}0-01`],
  ['no flags', `00-${TRACE}-${SPAN}`],
  ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
  ['other separators', `00_${TRACE}_${SPAN}_01`],
  ['two headers in one', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ['a line of its own', `00-${TRACE}-${SPAN}-01\nx: y`],
  ['a later version that never ends', `01-${TRACE}-${SPAN}-01-${'x'.repeat(1000)}`],
])('%s is no traceparent', (_, text) => {
  expect(readTraceparent(text)).toBeUndefined()
})

test('what is written is read again, and arbitrary text never is', () => {
  const written = traceparentOf(randomHex(16), randomHex(8))
  expect(readTraceparent(written)).toMatchObject({ sampled: true })
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => readTraceparent(text) === undefined))
})

test.each([
  ['rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
  ['rojo=1 , congo=t61rcWkgMzE ', 'rojo=1,congo=t61rcWkgMzE'],
  ['tenant1@vendor=x y', 'tenant1@vendor=x y'],
  ['a=1,,b=2,', 'a=1,b=2'],
])('the tracestate %j is told on as %j', (text, told) => {
  expect(readTracestate(text)).toBe(told)
})

test.each([
  ['nothing but commas', ',,'],
  ['no value', 'a='],
  ['no equals sign', 'a'],
  ['two of a key', 'a=1,a=2'],
  ['a key in upper case', 'A=1'],
  ['a value with an equals sign', 'a=b=c'],
  ['a value beyond ASCII', 'a=é'],
  ['a value with a line feed', 'a=b\nc'],
  ['a system that begins with a digit', 'a@1b=1'],
  ['33 members', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
  ['513 characters', `a=${'x'.repeat(511)}`],
])('%s is no tracestate', (_, text) => {
  expect(readTracestate(text)).toBeUndefined()
})

test.each([['8c7d-1'], ['a'], ['A.b_c:d/e+f=@g'], ['x'.repeat(128)]])(
  "the caller's request id %s is kept",
  id => {
    expect(requestIdOf(id)).toBe(id)
  },
)

test.each([[undefined], [''], ['x'.repeat(129)], ['a b'], ['"'], ['a\nb'], ['é'], ['a;b'], ['<script>']])(
  'the request id %j is not sane: a new one is made, another each time',
  id => {
    const [one, two] = [requestIdOf(id), requestIdOf(id)]
    expect(one).toMatch(/^[a-z0-9]{16,}$/)
    expect(two).not.toBe(one)
  },
)

test('ids are of the right length, and none comes twice', () => {
  const ids = Array.from({ length: 2000 }, () => randomHex(8))
  expect(ids.every(id => /^[0-9a-f]{16}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(randomHex(16)).toMatch(/^[0-9a-f]{32}$/)
})
