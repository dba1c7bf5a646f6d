import { describe, expect, test } from 'vitest'
import { instant } from '../../../core/index.ts'
import { matches } from './matches.ts'
import { parseSearch } from './parse.ts'
import type { SearchFacts } from './types.ts'

const NOW = instant(Date.UTC(2026, 10, 28, 12))
const DAY = 86_400_000

const FACTS: SearchFacts = {
  model: 'digits',
  project: 'team/digits',
  number: 7,
  files: ['model.onnx', 'labels.txt'],
  commit: 'abc123'.padEnd(40, '0'),
  digest: `sha256:${'9f'.repeat(32)}`,
  createdAt: instant(NOW - 10 * DAY),
  format: 'onnx',
  scan: 'safe',
  aliases: ['champion', 'production'],
  stages: ['production'],
  metrics: { accuracy: 0.975, latency_p99: 4.5 },
  data: [`sha256:${'da'.repeat(32)}`],
  parent: 6,
  expired: false,
  imported: false,
}

const finds = (query: string, change: Partial<SearchFacts> = {}) =>
  matches(parseSearch(query, NOW), { ...FACTS, ...change })

test.each([
  '',
  'accuracy>0.97 format:onnx model:dig* commit:abc alias:champion since:30d',
  'accuracy>97%',
  'accuracy>=0.975',
  'accuracy=0.975',
  'latency_p99<=4.5',
  'accuracy!=1',
  'DIGITS',
  'labels',
  'digits@v7',
  '"model.onnx"',
  '-letters',
  'model:digits',
  'model:*git*',
  'model:d*g*s',
  'project:team/*',
  '-model:letters',
  'digest:sha256:9f9f',
  'digest:9f9f',
  'data:dada',
  'stage:production',
  'is:serving',
  'is:aliased',
  '-is:expired',
  'parent:v6',
  'scan:safe',
  'since:2026-11-18',
  'since:2026-11-18T12:00:00Z until:2026-11-18T12:00:01',
  'until:2d',
  'since:11d',
  'since:300h',
])('%j finds it', query => {
  expect(finds(query)).toBe(true)
})

test.each([
  'accuracy>0.975',
  'accuracy<0.5',
  'recall>0',
  'recall!=1',
  'constructor>0',
  'format:keras',
  'model:dig',
  'model:*gitss',
  'model:digits*s*s*',
  'commit:bc',
  'alias:challenger',
  'since:9d',
  'until:11d',
  '-digits',
  '-format:onnx',
  'is:expired',
  'is:imported',
  'parent:5',
  '"digits labels"',
])('%j does not', query => {
  expect(finds(query)).toBe(false)
})

describe('what can not be read is told with its place', () => {
  test.each([
    ['accuracy>', 1, /'' is no number/, /accuracy>0.97/],
    ['digits accuracy>high', 8, /'high' is no number/, /accuracy>0.97/],
    ['a   fromat:onnx', 5, /no field 'fromat'/, /Did you mean 'format:'/],
    ['format:', 1, /has no value/, /format:value/],
    ['since:yesterday', 1, /is no time/, /since:30d/],
    ['since:2026-13-45', 1, /is no time/, /since:30d/],
    ['is:good', 1, /nothing that a version can be/, /serving, expired/],
    ['-accuracy>1', 1, /not negated/, /Turn the sign/],
    ['x "open', 3, /not closed/, /Close it/],
    ['accuracy>1e999', 1, /is no number/, /accuracy>0.97/],
    [Array.from({ length: 21 }, () => 'a').join(' '), 41, /more than 20/, /less/],
  ])('%s', (query, column, message, hint) => {
    expect(() => parseSearch(query, NOW)).toThrow(
      expect.objectContaining({
        code: 'SEARCH_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
        details: { column },
      }),
    )
  })

  test('a very long one is refused unread', () => {
    expect(() => parseSearch('x'.repeat(1001), NOW)).toThrow(/1001 characters/)
  })
})

test('stars without end take no time', () => {
  expect(finds(`model:${'*a'.repeat(400)}`, { model: 'a'.repeat(100) })).toBe(false)
})
