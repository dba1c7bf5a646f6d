import { describe, expect, test } from 'vitest'
import { checkAliasName, formatVersionName, parseModelVersion, parseVersionName } from './reference.ts'

test.each([
  ['3', { kind: 'number', number: 3 }],
  ['v3', { kind: 'number', number: 3 }],
  ['V12', { kind: 'number', number: 12 }],
  ['champion', { kind: 'alias', name: 'champion' }],
  ['v3-rc', { kind: 'alias', name: 'v3-rc' }],
  ['preview/a-branch', { kind: 'alias', name: 'preview/a-branch' }],
  ['sha256:1a2b', { kind: 'digest', prefix: '1a2b' }],
  [`sha256:${'a'.repeat(64)}`, { kind: 'digest', prefix: 'a'.repeat(64) }],
  ['commit:c0ffee', { kind: 'commit', prefix: 'c0ffee' }],
  ['ver_0123456789abcdefghjk', { kind: 'id', id: 'ver_0123456789abcdefghjk' }],
] as const)('%s names a version', (text, name) => {
  expect(parseVersionName(text)).toStrictEqual(name)
  expect(parseVersionName(formatVersionName(name))).toStrictEqual(name)
})

test.each([
  '',
  '0',
  'v0',
  '-1',
  '1.5',
  '9999999999',
  'a b',
  'a@b',
  '../x',
  'sha256:',
  'sha256:1a2',
  'sha256:XYZ1',
  `sha256:${'a'.repeat(65)}`,
  `commit:${'a'.repeat(41)}`,
  'commit:1a2b\n',
  'x'.repeat(256),
  'é',
])('%j names none', text => {
  expect(() => parseVersionName(text)).toThrow(expect.objectContaining({ code: 'VERSION_NAME_INVALID' }))
})

test('a model without a version means its latest', () => {
  expect(parseModelVersion('digits')).toStrictEqual({
    model: 'digits',
    version: { kind: 'alias', name: 'latest' },
  })
  expect(parseModelVersion('digits@v2').version).toStrictEqual({ kind: 'number', number: 2 })
  for (const text of ['@3', 'digits@', 'digits@a@b'])
    expect(() => parseModelVersion(text)).toThrow(expect.objectContaining({ code: 'VERSION_NAME_INVALID' }))
})

describe('an alias', () => {
  test.each(['champion', 'A', 'v3-rc', 'best.of_2026', 'x'.repeat(63)])('may be called %s', name => {
    expect(checkAliasName(name, ['production'])).toBe(name)
    expect(parseVersionName(name)).toStrictEqual({ kind: 'alias', name })
  })

  test.each([
    '',
    '3',
    'v3',
    'V3',
    'latest',
    'Latest',
    'production',
    'ver_x',
    'sha256',
    'commits',
    'a b',
    'a/b',
    'é',
  ])('may not be called %j', name => {
    expect(() => checkAliasName(name, ['production'])).toThrow(
      expect.objectContaining({ code: 'ALIAS_INVALID' }),
    )
  })
})
