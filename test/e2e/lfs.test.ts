import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/core/index.ts'
import { LfsWorld, NO_CLIENT, randomBytes } from './lfs-world.ts'
import { BreakingLine } from './lfs-world-proxy.ts'

/** So large that a line can break in its middle. */
const LARGE = 8 << 20
const QUIET = ['-o', 'ci.skip'] as const
const TRACED = { GIT_TRACE: '1', GIT_TRANSFER_TRACE: '1' }

describe.skipIf(NO_CLIENT !== undefined)(`the git-lfs client${NO_CLIENT ? ` (${NO_CLIENT})` : ''}`, () => {
  let lfs: LfsWorld
  const model = randomBytes(300_000)
  beforeAll(async () => {
    lfs = await LfsWorld.start()
    await lfs.repository('work', 'digits', {
      'model.bin': model,
      'empty.bin': '',
      'models/ein Ö.bin': 'umlaut',
    })
    await lfs.good('work', 'push', ...QUIET, 'origin', 'HEAD:main')
  })
  afterAll(() => lfs.stop())

  test('what was pushed is cloned by another', async () => {
    await lfs.good('.', 'clone', '-q', await lfs.remote('digits'), 'copy')
    expect(await lfs.read('copy', 'model.bin')).toEqual(model)
    expect(await lfs.read('copy', 'empty.bin')).toHaveLength(0)
    expect(String(await lfs.read('copy', 'models', 'ein Ö.bin'))).toBe('umlaut')
    expect((await lfs.good('copy', 'lfs', 'fsck')).stdout).toContain('Git LFS fsck OK')
    expect((await lfs.good('work', 'cat-file', 'blob', 'HEAD:model.bin')).stdout).toContain('oid sha256:')
  })

  test('a change is pulled, and old content is fetched when it is wanted', async () => {
    await lfs.commit('work', { 'model.bin': 'second' })
    await lfs.commit('work', { 'model.bin': 'third' })
    await lfs.good('work', 'push', ...QUIET, 'origin', 'HEAD:main')
    await lfs.good('copy', 'pull', '-q')
    expect(String(await lfs.read('copy', 'model.bin'))).toBe('third')
    await lfs.good('copy', 'checkout', '-q', 'HEAD~1')
    expect(String(await lfs.read('copy', 'model.bin'))).toBe('second')
    await lfs.good('copy', 'lfs', 'fetch', '--all')
    expect((await lfs.good('copy', 'lfs', 'fsck')).stdout).toContain('OK')
  })

  test('what is there already is not sent again', async () => {
    const again = await lfs.gitWith({ GIT_TRACE: '1' }, 'work', 'lfs', 'push', '--all', 'origin')
    expect(again.code).toBe(0)
    expect(again.stderr).toContain('POST')
    expect(again.stderr).not.toContain('PUT')
  })

  test('a push without its files is refused with their names, and is taken when they are there', async () => {
    await lfs.repository('bare-push', 'bare-push', { 'a.bin': 'a', 'deep/b.bin': randomBytes(1000) })
    const refused = await lfs.git('bare-push', 'push', '--no-verify', ...QUIET, 'origin', 'HEAD:main')
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('content has not arrived')
    expect(refused.stderr).toContain('deep/b.bin')
    expect(refused.stderr).toContain('git lfs push --all origin')
    expect((await lfs.git('.', 'ls-remote', await lfs.remote('bare-push'))).stdout).toBe('')
    await lfs.good('bare-push', 'lfs', 'push', '--all', 'origin')
    await lfs.good('bare-push', 'push', '--no-verify', ...QUIET, 'origin', 'HEAD:main')
  })

  test('whoever knows an oid of another repository gets nothing by it', async () => {
    const secret = randomBytes(5000)
    await lfs.repository('hidden', 'hidden', { 'secret.bin': secret })
    await lfs.good('hidden', 'push', ...QUIET, 'origin', 'HEAD:main')
    await lfs.world.admin('POST', '/projects', { name: 'mine' })
    const mallory = await lfs.world.person('mallory', 'maintainer', 'mine', ['read', 'push'])

    // The pointer alone, as one who read it in a log would write it.
    const pointer = `version https://git-lfs.github.com/spec/v1\noid ${digestOf(secret)}\nsize ${secret.length}\n`
    await lfs.repository('mine', 'mine', {})
    await lfs.good('mine', '-c', 'filter.lfs.clean=cat', '-c', 'filter.lfs.process=', 'status')
    await lfs.commit('mine', { 'stolen.bin': pointer })
    const pushed = await lfs.git(
      'mine',
      'push',
      '--no-verify',
      ...QUIET,
      await lfs.remote('mine', mallory),
      'HEAD:main',
    )
    expect(pushed.code).not.toBe(0)
    expect(pushed.stderr).toContain('stolen.bin')

    const asked = await lfs.git(
      'mine',
      '-c',
      `remote.origin.url=${await lfs.remote('mine', mallory)}`,
      'lfs',
      'fetch',
      'origin',
      'HEAD',
    )
    expect(asked.code).not.toBe(0)
    expect(asked.stderr + asked.stdout).toContain('has received no such object')
    const foreign = await lfs.git('.', 'clone', await lfs.remote('hidden', mallory), 'theft')
    expect(foreign.code).not.toBe(0)

    // Whoever has the bytes sends them, and may read them from then on.
    await lfs.repository('mine2', 'mine', { 'own.bin': secret })
    await lfs.good('mine2', 'push', ...QUIET, await lfs.remote('mine', mallory), 'HEAD:main')
    await lfs.good('.', 'clone', '-q', await lfs.remote('mine', mallory), 'mine-copy')
    expect(await lfs.read('mine-copy', 'own.bin')).toEqual(secret)
  })

  test('a reader clones and does not push; a stranger does neither', async () => {
    const reader = await lfs.world.person('rita', 'reader', 'digits', ['read', 'push'])
    const stranger = await lfs.world.person('sam', null, 'digits', ['read', 'push'])
    await lfs.good('.', 'clone', '-q', await lfs.remote('digits', reader), 'reader')
    await lfs.commit('reader', { 'mine.bin': 'mine' })
    const refused = await lfs.git('reader', 'lfs', 'push', '--all', await lfs.remote('digits', reader))
    expect(refused.code).not.toBe(0)
    expect(refused.stderr + refused.stdout).toContain('rita may not push')
    const foreign = await lfs.git('reader', 'lfs', 'push', '--all', await lfs.remote('digits', stranger))
    expect(foreign.code).not.toBe(0)
    expect(foreign.stderr + foreign.stdout).not.toContain('may not push')
  })

  describe('over a line that breaks', () => {
    let line: BreakingLine
    const remote = async () => {
      const url = new URL(await lfs.remote('broken'))
      url.port = String(line.port)
      return url.href
    }
    beforeAll(async () => {
      line = await BreakingLine.to(Number(new URL(lfs.world.url).port))
      await lfs.repository('broken', 'broken', { 'large.bin': randomBytes(LARGE) })
    })
    afterAll(() => line.stop())

    test('an upload by tus goes on where it broke off', async () => {
      await lfs.good('broken', 'config', 'lfs.tustransfers', 'true')
      line.breakAfter('up', LARGE / 2)
      const push = ['lfs', 'push', '--all', await remote()]
      const { stderr, code } = await lfs.gitWith(TRACED, 'broken', ...push)
      expect(line.broken).toBe(1)
      expect(stderr).toMatch(/tus\.io resuming upload "[0-9a-f]{64}" from [1-9]\d{5}/)
      expect(code).toBe(0)
      expect(await readdir(lfs.path('data', 'lfs-uploads'))).toEqual([])
      await lfs.good('broken', 'push', ...QUIET, await remote(), 'HEAD:main')
    })

    test('a download goes on where it broke off', async () => {
      await lfs.gitWith({ GIT_LFS_SKIP_SMUDGE: '1' }, '.', 'clone', '-q', await remote(), 'broken-copy')
      line.breakAfter('down', LARGE / 2)
      const pulled = await lfs.gitWith(TRACED, 'broken-copy', 'lfs', 'pull')
      expect(pulled.code).toBe(0)
      expect(line.broken).toBe(2)
      expect(pulled.stderr).toMatch(/xfer: server accepted resume|Attempting to resume download/)
      expect(await lfs.read('broken-copy', 'large.bin')).toEqual(await lfs.read('broken', 'large.bin'))
    })
  })

  describe('locks', () => {
    let bob: string
    const bobs = () => lfs.remote('digits', bob)
    beforeAll(async () => {
      bob = await lfs.world.person('bob', 'maintainer', 'digits', ['read', 'push'])
      await lfs.good('.', 'clone', '-q', await bobs(), 'bob')
      await lfs.good('work', 'pull', '-q', 'origin', 'main')
    })

    test('are taken by one, seen by the other, and given back', async () => {
      expect((await lfs.good('work', 'lfs', 'lock', 'model.bin')).stdout).toContain('Locked model.bin')
      expect((await lfs.good('bob', 'lfs', 'locks')).stdout).toMatch(/^model\.bin\s+admin\s+ID:lck_/)
      const taken = await lfs.git('bob', 'lfs', 'lock', 'model.bin')
      expect(taken.code).not.toBe(0)
      expect(taken.stderr + taken.stdout).toMatch(/locked by admin|already created/i)
      expect((await lfs.git('bob', 'lfs', 'unlock', 'model.bin')).code).not.toBe(0)
      await lfs.good('work', 'lfs', 'unlock', 'model.bin')
      expect((await lfs.good('bob', 'lfs', 'locks')).stdout).toBe('')
    })

    test('halt a push of somebody else, by the client and by the server', async () => {
      await lfs.good('work', 'lfs', 'lock', 'model.bin')
      await lfs.good('bob', 'config', 'lfs.locksverify', 'true')
      await lfs.commit('bob', { 'model.bin': "bob's" })
      const byClient = await lfs.git('bob', 'push', ...QUIET, 'origin', 'HEAD:main')
      expect(byClient.code).not.toBe(0)
      await lfs.good('bob', '-c', 'lfs.locksverify=false', 'lfs', 'push', '--all', 'origin')
      const byServer = await lfs.git('bob', 'push', '--no-verify', ...QUIET, 'origin', 'HEAD:topic')
      expect(byServer.code).not.toBe(0)
      expect(byServer.stderr).toContain('model.bin (by admin)')
    })

    test('are no matter to a merge of what their owner pushed, nor to other files', async () => {
      await lfs.commit('work', { 'model.bin': "the owner's" })
      await lfs.good('work', 'push', ...QUIET, 'origin', 'HEAD:main')
      await lfs.good('bob', 'checkout', '-q', '-b', 'aside', 'origin/main')
      await lfs.commit('bob', { 'other.bin': 'other' })
      await lfs.good('bob', 'fetch', '-q')
      await lfs.good('bob', 'merge', '-q', '-m', 'Merge', 'origin/main')
      await lfs.good('bob', 'push', ...QUIET, 'origin', 'HEAD:aside')
    })

    test('are broken by a maintainer alone', async () => {
      const dora = await lfs.world.person('dora', 'developer', 'digits', ['read', 'push'])
      await lfs.good('.', 'clone', '-q', await lfs.remote('digits', dora), 'dora')
      const refused = await lfs.git('dora', 'lfs', 'unlock', '--force', 'model.bin')
      expect(refused.code).not.toBe(0)
      expect(refused.stderr + refused.stdout).toContain('only a maintainer')
      await lfs.good('bob', 'lfs', 'unlock', '--force', 'model.bin')
      expect((await lfs.good('work', 'lfs', 'locks')).stdout).toBe('')
    })
  })
})
