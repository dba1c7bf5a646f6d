import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Forge } from '../../../pipeline/index.ts'
import { readEvent } from './events.ts'
import { verify } from './verify.ts'

const SECRET = 'a secret of forty characters that nobody'
const BODY = Buffer.from('{"ref":"refs/heads/main"}')
const sign = (body: Uint8Array, secret = SECRET) => createHmac('sha256', secret).update(body).digest('hex')

const GENUINE: Readonly<Record<Forge, Readonly<Record<string, string>>>> = {
  github: {
    'x-hub-signature-256': `sha256=${sign(BODY)}`,
    'x-github-event': 'push',
    'x-github-delivery': 'd-1',
  },
  gitlab: { 'x-gitlab-token': SECRET, 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': 'd-1' },
  gitea: { 'x-gitea-signature': sign(BODY), 'x-gitea-event': 'push', 'x-gitea-delivery': 'd-1' },
}
const FORGES = Object.keys(GENUINE) as Forge[]
const PROOF: Readonly<Record<Forge, string>> = {
  github: 'x-hub-signature-256',
  gitlab: 'x-gitlab-token',
  gitea: 'x-gitea-signature',
}

describe.each(FORGES)('%s', forge => {
  test('a genuine delivery is known by its id', () => {
    expect(verify(forge, GENUINE[forge], BODY, SECRET)).toMatchObject({ delivery: 'd-1' })
  })

  test.each([
    ['no proof', undefined],
    ['an empty one', ''],
    [
      'another secret',
      forge === 'gitlab' ? 'another' : `${forge === 'github' ? 'sha256=' : ''}${sign(BODY, 'x')}`,
    ],
    ['one that is cut', GENUINE[forge][PROOF[forge]]!.slice(0, -1)],
    ['one that goes on', `${GENUINE[forge][PROOF[forge]]}0`],
    ['another algorithm', `sha1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}`],
    ['the digest without a key', `sha256=${createHash('sha256').update(BODY).digest('hex')}`],
    ['what is no text', 'é\u0000'.repeat(100)],
  ])('%s is refused', (_what, proof) => {
    const headers = { ...GENUINE[forge], [PROOF[forge]]: proof }
    expect(verify(forge, headers, BODY, SECRET)).toBeUndefined()
  })

  test('without an event, or with the headers of another forge, it is refused', () => {
    const rest = Object.fromEntries(
      Object.entries(GENUINE[forge]).filter(([name]) => !name.endsWith('-event')),
    )
    expect(verify(forge, rest, BODY, SECRET)).toBeUndefined()
    for (const other of FORGES.filter(name => name !== forge))
      expect(verify(forge, GENUINE[other], BODY, SECRET)).toBeUndefined()
  })

  test('without an id the body stands for it', () => {
    const headers = Object.fromEntries(Object.entries(GENUINE[forge]).filter(([, value]) => value !== 'd-1'))
    const verified = verify(forge, headers, BODY, SECRET)
    expect(verified!.delivery).toBe(verified!.digest)
  })
})

test.each(['github', 'gitea'] as const)('%s: one changed byte of the body is refused', forge => {
  for (let at = 0; at < BODY.length; at++) {
    const changed = Buffer.from(BODY)
    changed[at]! ^= 1
    expect(verify(forge, GENUINE[forge], changed, SECRET)).toBeUndefined()
  }
})

test('Forgejo signs as Gitea does', () => {
  const headers = { 'x-forgejo-signature': sign(BODY), 'x-forgejo-event': 'push', 'x-forgejo-delivery': 'd' }
  expect(verify('gitea', headers, BODY, SECRET)).toMatchObject({ event: 'push', delivery: 'd' })
})

const pull = (change: object = {}, head: object = {}) => ({
  action: 'opened',
  pull_request: {
    number: 12,
    title: 'Better digits',
    body: null,
    state: 'open',
    merged: false,
    draft: false,
    labels: [{ name: 'model', color: 'x' }],
    head: { ref: 'topic', sha: 'a'.repeat(40), repo: { full_name: 'team/digits' }, ...head },
    base: { ref: 'main', sha: 'b'.repeat(40), repo: { full_name: 'team/digits' } },
    ...change,
  },
})
const merge = (change: object = {}) => ({
  object_kind: 'merge_request',
  object_attributes: {
    iid: 12,
    title: 'Better digits',
    description: null,
    source_branch: 'topic',
    target_branch: 'main',
    source_project_id: 1,
    target_project_id: 1,
    state: 'opened',
    draft: false,
    last_commit: { id: 'a'.repeat(40) },
    ...change,
  },
  labels: [{ title: 'model' }],
})
const TOLD = {
  number: 12,
  title: 'Better digits',
  description: '',
  source: 'topic',
  target: 'main',
  head: 'a'.repeat(40),
  state: 'open',
  draft: false,
  labels: ['model'],
  fork: false,
}

describe('a merge request', () => {
  test.each([
    ['github', 'pull_request', pull(), {}],
    ['gitea', 'pull_request', pull(), {}],
    ['gitlab', 'Merge Request Hook', merge(), {}],
    ['github', 'pull_request', pull({ state: 'closed', merged: true }), { state: 'merged' }],
    ['github', 'pull_request', pull({ state: 'closed' }), { state: 'closed' }],
    ['github', 'pull_request', pull({ draft: true }), { draft: true }],
    ['gitea', 'pull_request', pull({ draft: undefined, title: 'WIP: x' }), { draft: true, title: 'WIP: x' }],
    ['gitlab', 'Merge Request Hook', merge({ state: 'merged' }), { state: 'merged' }],
    ['gitlab', 'Merge Request Hook', merge({ state: 'closed' }), { state: 'closed' }],
    ['github', 'pull_request', pull({}, { repo: { full_name: 'mallory/digits' } }), { fork: true }],
    ['github', 'pull_request', pull({}, { repo: null }), { fork: true }],
    ['gitlab', 'Merge Request Hook', merge({ source_project_id: 2 }), { fork: true }],
    ['gitlab', 'Merge Request Hook', merge({ source_project_id: null }), { fork: true }],
  ] as const)('%s %s (%#)', (forge, event, payload, change) => {
    expect(readEvent(forge, event, payload)).toEqual({
      kind: 'merge request',
      request: { ...TOLD, ...change },
    })
  })

  test.each([
    ['github', 'pull_request', null],
    ['github', 'pull_request', {}],
    ['github', 'pull_request', pull({}, { sha: '--upload-pack=x' })],
    ['github', 'pull_request', pull({ number: -1 })],
    ['gitlab', 'Merge Request Hook', merge({ iid: '12' })],
    ['gitlab', 'Merge Request Hook', pull()],
  ] as const)('of another form is unreadable: %s %s (%#)', (forge, event, payload) => {
    expect(readEvent(forge, event, payload)).toBeUndefined()
  })

  test('long texts are cut', () => {
    const told = readEvent(
      'github',
      'pull_request',
      pull({ title: 'x'.repeat(9999), body: 'y'.repeat(99_999) }),
    )
    expect(told).toMatchObject({ request: { title: 'x'.repeat(255), description: 'y'.repeat(20_000) } })
  })
})

test.each([
  ['github', 'ping', 'ping'],
  ['github', 'push', 'refs'],
  ['github', 'create', 'refs'],
  ['gitlab', 'Tag Push Hook', 'refs'],
  ['gitea', 'push', 'refs'],
  ['github', 'star', 'ignored'],
  ['gitlab', 'push', 'ignored'],
  ['github', '__proto__', 'ignored'],
] as const)('%s %s: %s', (forge, event, kind) => {
  expect(readEvent(forge, event, { anything: 1 })).toMatchObject({ kind })
})
