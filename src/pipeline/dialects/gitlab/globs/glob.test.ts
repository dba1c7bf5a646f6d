import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Work } from '../expression/work.ts'
import { compileGlob } from './glob.ts'

function matches(pattern: string, path: string): boolean {
  const compiled = compileGlob(pattern, new Work())
  if (compiled.kind === 'problem') throw new Error(compiled.message)
  return compiled.glob.matches(path, new Work())
}

describe("paths match as by Ruby's File.fnmatch", () => {
  test.each([
    // The examples of GitLab's reference.
    ['Dockerfile', 'Dockerfile', true],
    ['Dockerfile', 'docker/Dockerfile', false],
    ['path/to/directory/*', 'path/to/directory/a', true],
    ['path/to/directory/*', 'path/to/directory/a/b', false],
    ['path/to/directory/**/*', 'path/to/directory/a', true],
    ['path/to/directory/**/*', 'path/to/directory/a/b/c', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['more_scripts/*.{rb,py,sh}', 'more_scripts/x.py', true],
    ['more_scripts/*.{rb,py,sh}', 'more_scripts/x.js', false],
    ['path/to/directory/**/*.{rb,py,sh}', 'path/to/directory/a/b.sh', true],
    ['*.json', 'package.json', true],
    ['**/*.json', 'package.json', true],
    ['**/*.json', 'a/b/package.json', true],
    ['**/Dockerfile', 'a/Dockerfile', true],
    ['**/Dockerfile', 'a/xDockerfile', false],
    // Ruby's own: https://docs.ruby-lang.org/en/master/File.html#method-c-fnmatch
    ['cat', 'category', false],
    ['c{at,ub}s', 'cats', true],
    ['c{at,ub}s', 'cubs', true],
    ['c{at,ub}s', 'cat', false],
    ['c?t', 'cat', true],
    ['c??t', 'cat', false],
    ['c*', 'cats', true],
    ['c*t', 'c/a/b/t', false],
    ['ca[a-z]', 'cat', true],
    ['ca[^t]', 'cat', false],
    ['ca[!t]', 'cab', true],
    ['cat', 'CAT', false],
    ['?', '/', false],
    ['[/]', '/', false],
    ['[!a]', '/', false],
    ['[+-9]', '/', false],
    ['[+-9]', '5', true],
    ['\\?', '?', true],
    ['\\a', 'a', true],
    ['[\\?]', '?', true],
    ['*', '.profile', true],
    ['.*', '.profile', true],
    ['**/foo', 'a/.b/c/foo', true],
    ['**/foo', 'foo', true],
    ['**.rb', 'lib/song.rb', false],
    ['**/*.rb', 'lib/song.rb', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/**/b', 'a/b', true],
    // Two stars at the end are one: nothing below the folder's own files.
    ['docs/**', 'docs/a', true],
    ['docs/**', 'docs/a/b', false],
    ['docs/', 'docs/a', false],
    ['./a', 'a', false],
    ['x**/y', 'xa/y', true],
    ['x**/y', 'xa/b/y', false],
    // Brackets and braces without an end.
    ['a[b', 'a[b', false],
    ['[]', ']', false],
    ['[!]', 'x', true],
    ['a{b', 'a{b', true],
    ['a}b', 'a}b', true],
    ['a\\{b,c\\}', 'a{b,c}', true],
    ['{a,b{c,d}}/{,x}y', 'bd/y', true],
    ['{a,b{c,d}}/{,x}y', 'bc/xy', true],
    ['{a}', 'a', true],
    ['{{{a}}}', 'a', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
    ['été-?', 'été-💡', true],
    ['a*', 'a\nb', true],
    ['', '', true],
    ['', 'a', false],
  ])('%j and %j: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected)
  })
})

describe('hostile paths', () => {
  test('stars take no longer than pattern times path', () => {
    expect(matches(`${'*a'.repeat(200)}b`, `${'a'.repeat(4_000)}c`)).toBe(false)
    expect(matches(`${'**/'.repeat(150)}b`, `${'a/'.repeat(2_000)}c`)).toBe(false)
    expect(matches(`*a${'?'.repeat(399)}`, 'ab'.repeat(2_000))).toBe(true)
  })

  test.each([
    ['braces that multiply', '{a,b}'.repeat(60)],
    ['braces that nest and multiply', `${'{a,b{'.repeat(40)}x,y${'}}'.repeat(40)}${'{a,b}'.repeat(12)}`],
    ['a long path', 'a'.repeat(100_000)],
  ])('%s are refused', (_, pattern) => {
    expect(compileGlob(pattern, new Work()).kind).toBe('problem')
  })

  test('nothing is compiled once the work is spent', () => {
    expect(compileGlob('*.md', new Work(10)).kind).toBe('problem')
  })
})

describe('laws', () => {
  const name = fc.stringMatching(/^[a-z. ]{1,4}$/)
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'))

  test('a path matches itself, and all paths match **/*', () => {
    fc.assert(
      fc.property(path, text => {
        expect(matches(text, text)).toBe(true)
        expect(matches('**/*', text)).toBe(true)
      }),
    )
  })

  test('braces mean one of their parts', () => {
    const part = fc.stringMatching(/^[a-c*?]{0,3}$/)
    fc.assert(
      fc.property(part, part, part, path, (left, right, rest, text) => {
        const either = matches(left + rest, text) || matches(right + rest, text)
        expect(matches(`{${left},${right}}${rest}`, text)).toBe(either)
      }),
    )
  })

  test('any pattern gives an answer or a problem', () => {
    const pattern = fc.array(
      fc.constantFrom('a', '*', '**/', '?', '[', ']', '!', '-', '{', '}', ',', '\\', '/', '💡'),
    )
    fc.assert(
      fc.property(pattern, path, (parts, text) => {
        const compiled = compileGlob(parts.join(''), new Work())
        if (compiled.kind === 'glob') expect(typeof compiled.glob.matches(text, new Work())).toBe('boolean')
      }),
    )
  })
})
