import { describe, expect, test } from 'vitest'
import { newId } from '../core/index.ts'
import { groupScope, isProtectedRef, secretScopesOf, selectSecrets } from './index.ts'
import type { SecretAttributes } from './types.ts'

function aSecret(name: string, change: Partial<SecretAttributes> = {}): SecretAttributes {
  return { name, environment: '*', kind: 'variable', protected: true, masked: true, literal: true, ...change }
}

const ON_MAIN = { protectedRef: true }

describe('one for each name', () => {
  test("a project's over its group's, whatever the environment says", () => {
    const own = aSecret('A')
    const groups = [aSecret('A', { environment: 'staging' }), aSecret('B')]
    expect(selectSecrets([[own], groups], { ...ON_MAIN, environment: 'staging' })).toEqual([own, groups[1]])
  })

  test.each([
    { environment: undefined, gets: '*' },
    { environment: 'production', gets: '*' },
    { environment: 'review/one', gets: 'review/*' },
    { environment: 'review/feature-1', gets: 'review/feature*' },
    { environment: 'review', gets: '*' },
  ])('of the patterns that fit $environment the closest: $gets', ({ environment, gets }) => {
    const secrets = ['*', 'review/*', 'review/feature*'].map(pattern =>
      aSecret('A', { environment: pattern }),
    )
    const place = { ...ON_MAIN, ...(environment !== undefined && { environment }) }
    for (const order of [secrets, secrets.toReversed()])
      expect(selectSecrets([order], place).map(secret => secret.environment)).toEqual([gets])
  })

  test('one that is for environments alone reaches no job without one', () => {
    expect(selectSecrets([[aSecret('A', { environment: 'staging' })]], ON_MAIN)).toEqual([])
  })
})

test('a protected one stays away from other refs, and what it hides comes forth', () => {
  const own = [aSecret('A'), aSecret('B', { protected: false })]
  const groups = [aSecret('A', { protected: false, masked: false })]
  expect(selectSecrets([own, groups], { protectedRef: false })).toEqual([groups[0], own[1]])
})

test('the scopes of a project are its own and its first folder', () => {
  const id = newId('project')
  expect(secretScopesOf({ id, name: 'digits' })).toEqual([id])
  expect(secretScopesOf({ id, name: 'team/vision/digits' })).toEqual([id, groupScope('team')])
})

test.each([
  ['refs/heads/main', true],
  ['refs/heads/main/x', false],
  ['refs/tags/main', false],
  ['refs/heads/release/1.0', true],
  ['refs/heads/release', false],
  ['refs/tags/v1', true],
  ['refs/heads/v1', false],
  ['main', false],
  ['refs/merge-requests/1/head', false],
  ['', false],
])('%s: protected %s', (ref, expected) => {
  const project = { defaultBranch: 'main', protectedRefs: ['refs/heads/release/*', 'refs/tags/v*'] }

  expect(isProtectedRef(project, ref)).toBe(expected)
})
