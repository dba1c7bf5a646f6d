import { expect, test } from 'vitest'
import { forgeState, statusRequest } from './requests.ts'

const FACTS = {
  commit: 'c'.repeat(40),
  state: 'failure',
  context: 'ballast',
  ref: 'main',
  url: 'https://ballast/pipelines/ppl_1',
  description: 'Pipeline #1: failed',
} as const
const BY = { user: 'bot', token: 'secret-token' }

test.each([
  [
    { forge: 'github', url: 'https://github.com/team/digits.git' },
    'https://api.github.com/repos/team/digits/statuses/',
    'authorization',
    'Bearer secret-token',
  ],
  [
    { forge: 'github', url: 'https://git.corp.test/team/digits' },
    'https://git.corp.test/api/v3/repos/team/digits/statuses/',
    'authorization',
    'Bearer secret-token',
  ],
  [
    { forge: 'github', url: 'ssh://git@github.com/team/digits.git' },
    'https://api.github.com/repos/team/digits/statuses/',
    'authorization',
    'Bearer secret-token',
  ],
  [
    { forge: 'gitea', url: 'https://codeberg.org/team/digits.git' },
    'https://codeberg.org/api/v1/repos/team/digits/statuses/',
    'authorization',
    'token secret-token',
  ],
  [
    { forge: 'gitlab', url: 'https://gitlab.com/group/sub/digits.git' },
    'https://gitlab.com/api/v4/projects/group%2Fsub%2Fdigits/statuses/',
    'private-token',
    'secret-token',
  ],
  [
    { forge: 'gitlab', url: 'https://gitlab.com/team/digits', apiUrl: 'http://proxy:8080/v4/' },
    'http://proxy:8080/v4/projects/team%2Fdigits/statuses/',
    'private-token',
    'secret-token',
  ],
] as const)('%j', (mirror, url, header, value) => {
  const request = statusRequest(mirror, BY, FACTS)!
  expect(request.url).toBe(`${url}${FACTS.commit}`)
  expect(request.headers[header]).toBe(value)
  expect(request.body).not.toContain('secret-token')
  expect(JSON.parse(request.body)).toEqual(
    mirror.forge === 'gitlab'
      ? {
          state: 'failed',
          ref: 'main',
          name: 'ballast',
          target_url: FACTS.url,
          description: FACTS.description,
        }
      : { state: 'failure', context: 'ballast', target_url: FACTS.url, description: FACTS.description },
  )
})

test.each([
  'https://github.com/digits',
  'https://github.com/a/b/c',
  'https://github.com/team/%2e%2e',
  'https://github.com/team/..%2f..%2fadmin',
  'https://github.com/team/a%zz',
  'https://github.com//',
])('%s names no repository of GitHub', url => {
  expect(statusRequest({ forge: 'github', url }, BY, FACTS)).toBeUndefined()
})

test.each([
  ['running', false, 'pending'],
  ['running', true, 'running'],
  ['succeeded', true, 'success'],
  ['failed', false, 'failure'],
  ['canceled', true, 'canceled'],
] as const)('%s, begun %s: %s', (state, begun, told) => {
  expect(forgeState(state, begun)).toBe(told)
})
