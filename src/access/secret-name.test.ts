import { expect, test } from 'vitest'
import { isSecretName, isTriggerVariable } from './secret-name.ts'

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

test.each(['MODE', 'mode', 'CI_DEBUG', 'GIT_DEPTH', 'GIT_STRATEGY', 'PSQL'])('a trigger gives %s', name => {
  expect(isTriggerVariable(name)).toBe(true)
})

test.each([
  ...['PATH', 'LD_PRELOAD', 'BASH_ENV', 'ENV', 'BALLAST_COMMIT', 'A-B', '__proto__ ', ''],
  // With these a value is a command: PS4='$(…)' under SHELLOPTS=xtrace, a pager, a command for ssh.
  ...['SHELLOPTS', 'BASHOPTS', 'PS4', 'PROMPT_COMMAND', 'BASH_FUNC_x'],
  ...[
    'GIT_SSH_COMMAND',
    'GIT_CONFIG_COUNT',
    'GIT_CONFIG_VALUE_0',
    'GIT_PAGER',
    'GIT_ASKPASS',
    'GIT_EXEC_PATH',
  ],
])('no trigger gives %s', name => {
  expect(isTriggerVariable(name)).toBe(false)
})
