import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../core/index.ts'
import { MAX_DIAGNOSTICS } from './findings.ts'
import { MAX_CONFIG_BYTES, parseConfig } from './index.ts'

/** Lists of nine aliases of lists of nine aliases … */
function bomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`)
  return ['a0: &a0 [x]', ...lines].join('\n')
}
const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('what would cost too much is refused', () => {
  test.each([
    ['a file over the limit', `# ${'x'.repeat(MAX_CONFIG_BYTES)}`, 'larger than 128 KiB'],
    ['a bomb of aliases', bomb(9), 'more than 20000 values'],
    ['an alias of itself', 'model: &a [*a]', 'nested more than 32 deep'],
    ['open brackets', '['.repeat(50_000), 'nested more than 32 deep'],
    ['open braces', '{a: '.repeat(20_000), 'nested more than 32 deep'],
    ['dashes', '- '.repeat(30_000), 'nested more than 32 deep'],
    ['question marks', '? '.repeat(30_000), 'nested more than 32 deep'],
    ['closed brackets, 40 deep', `model: ${'['.repeat(40)}${']'.repeat(40)}`, 'nested more than 32 deep'],
    ['too many jobs', `jobs:\n${many(501, i => `  j${i}: { run: x }`)}`, 'at most 500 entries, found 501'],
    [
      'too many steps',
      `model: { file: m.onnx, preprocess: [${'invert,'.repeat(40)}] }`,
      'at most 32 entries',
    ],
    ['an alias of nothing', 'model: *nowhere', 'nowhere'],
  ])('%s', (_, text, message) => {
    const { repository, diagnostics } = parseConfig(text)
    expect(repository).toBeUndefined()
    expect(diagnostics.map(formatDiagnostic).join('\n')).toContain(message)
  })

  test('a flood of mistakes is told up to a limit', () => {
    expect(parseConfig(many(5000, i => `k${i}: 1`)).diagnostics.length).toBe(MAX_DIAGNOSTICS)
  })
})

test('an anchor inside an alias does not change what a later alias means', () => {
  const text =
    'model: m.onnx\njobs:\n  o: &o { run: &a one }\n  p: { run: &a two }\n  q: *o\n  r: { run: *a }'
  const steps = parseConfig(text).repository?.jobs.map(
    ({ work }) => work.kind === 'script' && work.phases[0]?.steps[0],
  )
  expect(steps).toEqual(['one', 'two', 'one', 'two'])
})

test('messages show no control characters, and no endless text', () => {
  const [finding] = parseConfig(`model: "\\e[31m\\x07${'x'.repeat(5000)}"`).diagnostics
  const line = formatDiagnostic(finding!)
  expect(line).not.toMatch(/[\u0000-\u001f]/)
  expect(line.length).toBeLessThan(400)
})

test('nothing of the file reaches a prototype', () => {
  parseConfig(
    'model: m.onnx\n__proto__: { polluted: yes }\njobs: { constructor: { run: x, env: { prototype: y } } }',
  )
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('any text whatever gives a repository or an error with its place, and never throws', () => {
  const scraps = fc.constantFrom(
    'model',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '!!x ',
    '"',
    "'",
    '|',
    '>',
    '#',
    'm.onnx',
    'jobs',
    'run',
    'x',
    '\t',
    '? ',
    '%',
    '---',
    '\u0000',
    '5%',
    ',',
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(scraps, { maxLength: 40 }).map(all => all.join('')),
  )
  fc.assert(
    fc.property(texts, text => {
      const { repository, diagnostics } = parseConfig(text)
      const errors = diagnostics.filter(({ severity }) => severity === 'error')
      expect(repository === undefined).toBe(errors.length > 0)
      for (const { at } of diagnostics) {
        expect(at.line).toBeGreaterThan(0)
        expect(at.line).toBeLessThanOrEqual(text.split('\n').length + 1)
        expect(at.column).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1000 },
  )
})

test('what comes out is plain JSON', () => {
  const text =
    'model: m.onnx\njobs: { a: { run: x, env: { hasOwnProperty: y } } }\ndeploy: { p: { steps: [5% 10m] } }'
  const { repository } = parseConfig(text)
  expect(repository).toBeDefined()
  expect(JSON.parse(JSON.stringify(repository))).toEqual(repository)
})
