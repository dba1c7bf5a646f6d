import { describe, expect, test } from 'vitest'
import { isGitAddress, parseGitAddress } from './address.ts'

describe('addresses that are served', () => {
  test.each([
    ['/digits.git/info/refs?service=git-upload-pack', 'advertise', 'digits', 'git-upload-pack'],
    ['/team/digits.git/info/refs?service=git-receive-pack', 'advertise', 'team/digits', 'git-receive-pack'],
    ['/digits.git/git-upload-pack', 'call', 'digits', 'git-upload-pack'],
    ['/a.b-c_d.git/git-receive-pack', 'call', 'a.b-c_d', 'git-receive-pack'],
  ])('%s', (url, kind, repository, service) => {
    expect(isGitAddress(url)).toBe(true)
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
