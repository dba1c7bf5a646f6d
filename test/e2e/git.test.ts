import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRefs } from '../../src/git/index.ts'
import { type GitWorld, type GitWorldOptions, startGitWorld } from './git-world.ts'

let world: GitWorld
let options: GitWorldOptions

beforeEach(async () => {
  options = {}
  world = await startGitWorld({
    preReceive: async push =>
      (await options.preReceive?.(push)) ?? { kind: 'accepted', push: 'psh_1' as never },
    postReceive: (push, signal) => options.postReceive?.(push, signal) ?? nothing(),
    maxPushBytes: 64 << 20,
  })
})
afterEach(() => world.stop())

async function* nothing(): AsyncGenerator<string> {}

/** Clones into `work` and commits `files` on main. */
async function commit(files: Record<string, string | Buffer>, message = 'Begin'): Promise<void> {
  const { code } = await world.git('.', 'clone', '-q', `${world.url}/digits.git`, 'work')
  if (code !== 0) await mkdir(join(world.folder, 'work'), { recursive: true })
  for (const [name, content] of Object.entries(files))
    await writeFile(join(world.folder, 'work', name), content)
  await world.git('work', 'add', '-A')
  await world.git('work', 'commit', '-q', '-m', message)
}

const head = async () => (await world.git('work', 'rev-parse', 'HEAD')).stdout.trim()

describe.each([0, 1, 2])('with protocol %i', version => {
  const v = `protocol.version=${version}`

  test('an empty repository is cloned, pushed to, fetched from and cloned again', async () => {
    const cloned = await world.git('.', '-c', v, 'clone', `${world.url}/digits.git`, 'work')
    expect(cloned).toMatchObject({ code: 0, stderr: expect.stringContaining('empty repository') })
    await commit({ 'ballast.yaml': 'model: model.onnx\n' })
    expect(await world.git('work', '-c', v, 'push', 'origin', 'HEAD:main')).toMatchObject({ code: 0 })
    expect(Object.fromEntries(await readRefs(world.directory))).toEqual({ 'refs/heads/main': await head() })

    expect(await world.git('.', '-c', v, 'clone', '-q', `${world.url}/digits.git`, 'again')).toMatchObject({
      code: 0,
    })
    expect(readFileSync(join(world.folder, 'again', 'ballast.yaml'), 'utf8')).toBe('model: model.onnx\n')
    await commit({ more: '1' }, 'More')
    await world.git('work', '-c', v, 'push', '-q', 'origin', 'HEAD:main')
    expect(await world.git('again', '-c', v, 'pull', '-q')).toMatchObject({ code: 0 })
    expect((await world.git('again', 'rev-parse', 'HEAD')).stdout.trim()).toBe(await head())
  })
})

test('several branches, tags, a deletion and a forced update arrive as what they are', async () => {
  await commit({ a: '1' })
  const first = await head()
  await world.git('work', 'branch', 'side')
  await world.git('work', 'tag', '-a', 'v1', '-m', 'First')
  expect(await world.git('work', 'push', 'origin', 'main', 'side', 'v1')).toMatchObject({ code: 0 })
  const zeros = '0'.repeat(40)
  const [made] = world.received
  expect(made!.changes.map(({ ref, before }) => [ref, before])).toEqual([
    ['refs/heads/main', zeros],
    ['refs/heads/side', zeros],
    ['refs/tags/v1', zeros],
  ])
  expect(made!.forced).toEqual([])

  await writeFile(join(world.folder, 'work', 'a'), '2')
  await world.git('work', 'commit', '-q', '-a', '--amend', '-m', 'Rewritten')
  await world.git('work', 'tag', '-f', '-a', 'v1', '-m', 'Moved')
  await world.git('work', 'checkout', '-q', '-b', 'next', first)
  await world.git('work', 'commit', '-q', '--allow-empty', '-m', 'On top')
  const moved = await world.git('work', 'push', '--force', 'origin', 'main', 'v1', 'next:side')
  expect(moved).toMatchObject({ code: 0 })
  expect(world.received[1]!.forced).toEqual(['refs/heads/main', 'refs/tags/v1'])

  expect(await world.git('work', 'push', 'origin', ':side', ':v1')).toMatchObject({ code: 0 })
  expect(world.received[2]!.changes.map(({ after }) => after)).toEqual([zeros, zeros])
  expect(world.received[2]!.forced).toEqual([])
  expect([...(await readRefs(world.directory)).keys()]).toEqual(['refs/heads/main'])
})

test('a push of 20 MB goes through chunked and arrives byte for byte', async () => {
  const model = randomBytes(20 << 20)
  await commit({ 'model.onnx': model })
  const pushed = await world.git('work', '-c', 'http.postBuffer=65536', 'push', 'origin', 'main')
  expect(pushed).toMatchObject({ code: 0 })
  await world.git('.', 'clone', '-q', `${world.url}/digits.git`, 'again')
  expect(readFileSync(join(world.folder, 'again', 'model.onnx')).equals(model)).toBe(true)
})

test('a push over the limit is cut off, and leaves nothing', async () => {
  await commit({ 'model.onnx': randomBytes(70 << 20) })
  const pushed = await world.git('work', '-c', 'http.postBuffer=65536', 'push', 'origin', 'main')
  expect(pushed.code).not.toBe(0)
  expect(await readRefs(world.directory)).toEqual(new Map())
  expect(await world.leftovers()).toEqual([])
  expect(world.received).toEqual([])
})

test('a refused push leaves the refs as they were and prints the reason', async () => {
  options = {
    preReceive: async () => ({ kind: 'refused', message: 'main is protected:\nask a maintainer\x1b[31m' }),
  }
  await commit({ a: '1' })
  const pushed = await world.git('work', 'push', 'origin', 'main')
  expect(pushed.code).toBe(1)
  expect(pushed.stderr).toMatch(/remote: main is protected: *\nremote: ask a maintainer\[31m/)
  expect(pushed.stderr).toContain('pre-receive hook declined')
  expect(await readRefs(world.directory)).toEqual(new Map())
  expect(await world.leftovers()).toEqual([])
})

test('an error of the control plane refuses the push without telling its inner message', async () => {
  options = {
    preReceive: async () => {
      throw new Error('secret inner words')
    },
  }
  await commit({ a: '1' })
  const pushed = await world.git('work', 'push', 'origin', 'main')
  expect(pushed.code).toBe(1)
  expect(pushed.stderr).toContain('remote: Ballast could not judge this push')
  expect(pushed.stderr).not.toContain('secret inner words')
  expect(await readRefs(world.directory)).toEqual(new Map())
})

test('refs that Ballast keeps for itself can neither be seen nor pushed', async () => {
  await commit({ a: '1' })
  await world.git('work', 'push', '-q', 'origin', 'main')
  const pushed = await world.git('work', 'push', 'origin', 'main:refs/ballast/keep/x')
  expect(pushed.stderr).toContain('deny updating a hidden ref')
  expect([...(await readRefs(world.directory)).keys()]).toEqual(['refs/heads/main'])
})

test('accepted changes that git itself then refuses are reported back', async () => {
  await commit({ a: '1' })
  await world.git('work', 'push', '-q', 'origin', 'main')
  // A branch below a branch can't be stored.
  const pushed = await world.git('work', 'push', 'origin', 'main:refs/heads/main/below')
  expect(pushed.code).toBe(1)
  expect(world.ended).toEqual(['psh_1'])
})

test('a wrong token is refused, and the same way for what exists and what does not', async () => {
  const wrong = world.url.replace(/:blst_[^@]+/, ':blst_wrong')
  const [here, nowhere] = await Promise.all(
    ['digits', 'nowhere'].map(name => world.git('.', 'ls-remote', `${wrong}/${name}.git`)),
  )
  expect(here!.code).toBe(128)
  expect(here!.stderr).toContain('403')
  expect(nowhere!.stderr.replaceAll('nowhere', 'digits')).toBe(here!.stderr)
})

test('objects of a malformed commit are refused', async () => {
  await commit({ a: '1' })
  const tree = (await world.git('work', 'rev-parse', 'HEAD^{tree}')).stdout.trim()
  const file = join(world.folder, 'bad')
  await writeFile(file, `tree ${tree}\nauthor Nobody\ncommitter Nobody\n\nNo dates\n`)
  const bad = (
    await world.git('work', 'hash-object', '--literally', '-t', 'commit', '-w', file)
  ).stdout.trim()
  await rm(file)
  const pushed = await world.git('work', 'push', 'origin', `${bad}:refs/heads/bad`)
  expect(pushed.code).not.toBe(0)
  expect(await readRefs(world.directory)).toEqual(new Map())
  expect(await world.leftovers()).toEqual([])
})
