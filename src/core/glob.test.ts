import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { branchMatches, globMatches, globsSelect, MAX_GLOB_LENGTH } from './glob.ts'

describe('globMatches', () => {
  test.each([
    ['model.onnx', 'model.onnx', true],
    ['model.onnx', 'modelXonnx', false],
    ['*.onnx', 'model.onnx', true],
    ['*.onnx', 'out/model.onnx', false],
    ['*', '.hidden', true],
    ['out/*', 'out/a', true],
    ['out/*', 'out/a/b', false],
    ['out/**', 'out/a/b', true],
    ['out/**', 'out', false],
    ['**/*.onnx', 'model.onnx', true],
    ['**/*.onnx', 'a/b/model.onnx', true],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['a/**/z', 'ab/z', false],
    ['a/**/z', 'a/bz', false],
    ['**', 'a/b/c', true],
    ['m?del.onnx', 'model.onnx', true],
    ['a?b', 'a/b', false],
    ['[ab]', 'a', false],
    ['[ab]', '[ab]', true],
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
  ])('%s on %s: %s', (pattern, path, matches) => {
    expect(globMatches(pattern, path)).toBe(matches)
  })

  test('a path without stars matches itself only', () => {
    const path = fc.stringMatching(/^[a-z./[\](){}+^$]{0,20}$/)
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(globMatches(a, a)).toBe(true)
        expect(globMatches(a, b)).toBe(a === b)
      }),
    )
  })

  test('it agrees with the regular expression of the same meaning', () => {
    const pattern = fc.stringMatching(/^[ab*?/]{0,8}$/).filter(text => !text.includes('***'))
    const path = fc.stringMatching(/^[ab/]{0,8}$/)
    fc.assert(
      fc.property(pattern, path, (pattern, path) => {
        const source = pattern.replace(/(^|\/)\*\*\/|\*\*|\*|\?/g, (found, before) => {
          if (found.endsWith('/')) return `${before}(?:.*/)?`
          return found === '**' ? '.*' : found === '*' ? '[^/]*' : '[^/]'
        })
        expect(globMatches(pattern, path)).toBe(new RegExp(`^${source}$`).test(path))
      }),
      { numRuns: 2000 },
    )
  })

  test('a pattern that would ruin a regular expression ends as soon as any', () => {
    expect(globMatches(`${'*a'.repeat(100)}b`, 'a'.repeat(4000))).toBe(false)
  })

  test('a pattern over the limit matches nothing', () => {
    expect(globMatches('*'.repeat(MAX_GLOB_LENGTH + 1), 'a')).toBe(false)
  })
})

test.each([
  [['out'], 'out/a/b', true],
  [['./out/'], 'out/a', true],
  [['out'], 'output', false],
  [['o*'], 'out/a', true],
  [['out', '!out/*.log'], 'out/a', true],
  [['out', '!out/*.log'], 'out/x.log', false],
  [['!out'], 'a', false],
  [[], 'a', false],
])('%j selects %s: %s', (globs, path, selected) => {
  expect(globsSelect(globs, path)).toBe(selected)
})

test.each([
  ['*', 'main', true],
  ['*', 'feature/x', true],
  ['release/*', 'release/1/2', true],
  ['release/*', 'main', false],
  ['main', 'main2', false],
  ['v?', 'v1', true],
  ['**/x', 'a/x', true],
  ['**/x', 'x', false],
])('branch pattern %s on %s: %s', (pattern, branch, matches) => {
  expect(branchMatches(pattern, branch)).toBe(matches)
})
