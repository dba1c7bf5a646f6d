import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkCommitId, checkTreePath, isRefName } from './names.ts'

test.each(['main', 'feature/x', 'refs/heads/main', 'v1.0', 'a-b_c', '主干', '0123abc'])(
  '%s is a ref name',
  name => {
    expect(isRefName(name)).toBe(true)
  },
)

test.each([
  '',
  '-x',
  '--upload-pack=evil',
  '@',
  'a..b',
  'a@{1}',
  'a~1',
  'a^',
  'a:b',
  'a?b',
  'a*b',
  'a[b',
  'a\\b',
  'a b',
  'a\nb',
  'a\0b',
  '/a',
  'a/',
  'a//b',
  '.a',
  'a/.b',
  'a.lock',
  'a.lock/b',
  'a.',
  'x'.repeat(256),
])('%j is no ref name', name => {
  expect(isRefName(name)).toBe(false)
})

test.each(['', 'HEAD', '--all', 'A'.repeat(40), 'a'.repeat(39), `${'a'.repeat(40)}\n`, 'a'.repeat(64)])(
  '%j is no commit id',
  id => {
    expect(() => checkCommitId(id)).toThrow(expect.objectContaining({ code: 'COMMIT_ID_INVALID' }))
  },
)

test.each(['', '/etc/passwd', '../x', 'a/../b', './a', 'a//b', 'a/', 'a\0b'])(
  '%j is no path in a commit',
  path => {
    expect(() => checkTreePath(path)).toThrow(expect.objectContaining({ code: 'GIT_PATH_INVALID' }))
  },
)

test('a name that is taken is one that git takes', () => {
  const part = fc.oneof(
    fc.constantFrom('.', '/', '@', '{', '-', '.lock', '..', '@{', '\\', 'HEAD', '主'),
    fc.string({ maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), parts => {
      const name = parts.join('')
      if (!isRefName(name)) return
      expect(spawnSync('git', ['check-ref-format', `refs/heads/${name}`]).status, name).toBe(0)
    }),
    { numRuns: 300 },
  )
})
