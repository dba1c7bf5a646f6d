import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PROJECT_NAME, parseProjectName, RESERVED_NAMES } from './project-name.ts'

test.each([
  ['digits', 'digits'],
  ['team/digits', 'team/digits'],
  ['a/b/c', 'a/b/c'],
  ['0.x_y-z', '0.x_y-z'],
  ['team/digits.git', 'team/digits'],
  ['team/api', 'team/api'],
  ['x'.repeat(MAX_PROJECT_NAME), 'x'.repeat(MAX_PROJECT_NAME)],
])('%s names the project %s', (text, name) => {
  expect(parseProjectName(text)).toBe(name)
})

test.each([
  ['', 'empty'],
  ['.git', 'empty'],
  ['Digits', "'Digits'"],
  ['a/b/c/d', '4 parts'],
  ['/digits', "''"],
  ['digits/', "''"],
  ['a//b', "''"],
  ['..', "'..'"],
  ['a/../b', "'..'"],
  ['a..b', 'two dots'],
  ['.hidden', "'.hidden'"],
  ['-x', "'-x'"],
  ['a.git/b', 'Git'],
  ['a.git.git', 'Git'],
  ['a.lock', 'Git'],
  ['a.', 'ends with a dot'],
  ['a b', "'a b'"],
  ['a%2fb', "'a%2fb'"],
  ['a\n', "'a\n'"],
  ['数字', "'数字'"],
  ['x'.repeat(MAX_PROJECT_NAME + 1), '101 characters'],
])('%j is refused, and the rule named', (text, rule) => {
  const invalid = { code: 'PROJECT_NAME_INVALID', message: expect.stringContaining(rule) }
  expect(() => parseProjectName(text)).toThrow(expect.objectContaining(invalid))
})

test.each([...RESERVED_NAMES])('%s is reserved, as is everything below it', name => {
  for (const text of [name, `${name}/digits`]) {
    expect(() => parseProjectName(text)).toThrow(expect.objectContaining({ code: 'PROJECT_NAME_INVALID' }))
  }
})

test('whatever is taken is a plain relative path, and is taken again', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab0./-_\\%\0 ..gitlock'), maxLength: 30 })
  fc.assert(
    fc.property(text, candidate => {
      let name: string
      try {
        name = parseProjectName(candidate)
      } catch {
        return
      }
      expect(
        name.split('/').filter(part => part === '' || part.startsWith('.') || part.includes('..')),
      ).toEqual([])
      expect(parseProjectName(name)).toBe(name)
    }),
    { numRuns: 2000 },
  )
})
