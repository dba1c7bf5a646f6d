import { expect, test } from 'vitest'
import { isSecretName } from './secret-name.ts'

test.each(['API_KEY', '_', 'A', 'K2', 'PATHS', 'MY_HOME', 'CI_TOKEN', 'A'.repeat(100)])('%s may be', name => {
  expect(isSecretName(name)).toBe(true)
})

test.each([
  '',
  'api_key',
  '2K',
  'A-B',
  'A B',
  'A\n',
  'É',
  '__proto__',
  'A'.repeat(101),
  'BALLAST',
  'BALLAST_TOKEN',
  'CI',
  'PATH',
  'HOME',
  'LD_PRELOAD',
  'DYLD_INSERT_LIBRARIES',
  'BASH_ENV',
  'IFS',
])('%j may not', name => {
  expect(isSecretName(name)).toBe(false)
})
