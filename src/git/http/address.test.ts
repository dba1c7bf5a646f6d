import { join, sep } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGitAddress } from './address.ts'

describe('addresses that are served', () => {
  test.each([
    ['/digits.git/info/refs?service=git-upload-pack', 'advertise', 'digits', 'git-upload-pack'],
    ['/team/digits.git/info/refs?service=git-receive-pack', 'advertise', 'team/digits', 'git-receive-pack'],
    ['/digits.git/git-upload-pack', 'call', 'digits', 'git-upload-pack'],
    ['/a.b-c_d.git/git-receive-pack', 'call', 'a.b-c_d', 'git-receive-pack'],
  ])('%s', (url, kind, repository, service) => {
    expect(parseGitAddress(url)).toEqual({ kind, repository, service })
  })
})

test('a client that speaks the old protocol is told so', () => {
  expect(parseGitAddress('/digits.git/info/refs')).toEqual({ kind: 'too old' })
})

test.each([
  '/../digits.git/git-upload-pack',
  '/team/../digits.git/git-upload-pack',
  '/team/..git/git-upload-pack',
  '/..%2fdigits.git/git-upload-pack',
  '/team%2Fdigits.git/git-upload-pack',
  '/%2e%2e/digits.git/git-upload-pack',
  '/digits%00.git/git-upload-pack',
  '/digits\0.git/git-upload-pack',
  '/digits.git/../other.git/git-upload-pack',
  '/digits.git/x.git/git-upload-pack',
  '/digits.git.git/git-upload-pack',
  '/digits.GIT.git/git-upload-pack',
  '/digits.lock.git/git-upload-pack',
  '/a..b.git/git-upload-pack',
  '/.git/git-upload-pack',
  '/.hidden.git/git-upload-pack',
  '/-x.git/git-upload-pack',
  '//digits.git/git-upload-pack',
  '/team//digits.git/git-upload-pack',
  '/a/b/c.git/git-upload-pack',
  '/digits.git//git-upload-pack',
  '/digits.git/git-upload-pack/',
  '/digits.git/git-upload-archive',
  '/digits.git/HEAD',
  '/digits.git/objects/info/packs',
  '/digits.git/config',
  '/digits\\..\\x.git/git-upload-pack',
  '/digits .git/git-upload-pack',
  '/数字.git/git-upload-pack',
  `/${'a'.repeat(101)}.git/git-upload-pack`,
  '/digits.git/info/refs?service=git-upload-archive',
  '/digits.git/info/refs?service=upload-pack',
  '/digits.git/info/refs?service=',
  '',
  '/',
])('%j is not served', url => {
  expect(parseGitAddress(url)).toEqual({ kind: 'unknown' })
})

test('whatever is asked for, a served repository lies below the folder of repositories', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '.',
      '..',
      '/',
      '.git',
      '%2e',
      '%2F',
      '\0',
      '\\',
      'digits',
      'info/refs?service=git-upload-pack',
    ),
    fc.constantFrom('/git-upload-pack', '/git-receive-pack', '-', '~', ':'),
    fc.string({ maxLength: 5 }),
  )
  const tail = fc.constantFrom('.git/git-upload-pack', '.git/info/refs?service=git-receive-pack', '')
  let served = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), tail, (pieces, end) => {
      const address = parseGitAddress(`/${pieces.join('')}${end}`)
      if (!('repository' in address)) return
      served++
      const path = join('/data/repositories', `${address.repository}.git`)
      expect(path).toBe(`/data/repositories/${address.repository}.git`)
      expect(path.split(sep).length).toBeLessThanOrEqual(5)
      expect(address.repository).toMatch(/^[A-Za-z0-9]/)
    }),
    { numRuns: 5000 },
  )
  expect(served).toBeGreaterThan(0)
})
