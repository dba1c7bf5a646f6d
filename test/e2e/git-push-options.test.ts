import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRefs } from '../../src/git/index.ts'
import { type GitWorld, startGitWorld } from './git-world.ts'

let world: GitWorld
let first: string

beforeEach(async () => {
  world = await startGitWorld()
  await world.git('.', 'clone', '-q', `${world.url}/digits.git`, 'work')
  await writeFile(join(world.folder, 'work', 'a'), '1')
  await world.git('work', 'add', '-A')
  await world.git('work', 'commit', '-q', '-m', 'Begin')
  await world.git('work', 'push', '-q', 'origin', 'HEAD:main')
  first = (await world.git('work', 'rev-parse', 'HEAD')).stdout.trim()
})
afterEach(() => world.stop())

const push = (...options: readonly string[]) =>
  world.git('work', 'push', ...options.flatMap(option => ['-o', option]), 'origin', 'HEAD:topic')

test('options arrive as they were given, in their order', async () => {
  const options = ['ci.skip', 'ci.variable=A="b  c" $HOME `id` \\n %s', "it's", 'é', '-n', 'end', '+ x y z']
  expect(await push(...options)).toMatchObject({ code: 0 })
  expect(world.received.at(-1)).toMatchObject({ options, changes: [{ ref: 'refs/heads/topic' }] })
})

test('without any there are none', async () => {
  expect(await push()).toMatchObject({ code: 0 })
  expect(world.received.at(-1)!.options).toEqual([])
})

test.each([
  ['one that is too long', ['x'.repeat(1001)], 'more than 1000 bytes'],
  ['too many', Array.from({ length: 101 }, (_, n) => `n=${n}`), 'At most 100 options'],
])('%s: nothing is changed', async (_what, options, message) => {
  const { code, stderr } = await push(...options)
  expect(code).toBe(1)
  expect(stderr).toContain(message)
  expect([...(await readRefs(world.directory)).keys()]).toEqual(['refs/heads/main'])
})

/** What a client of one's own may send: git itself refuses such an option. */
test('an option with lines of its own forges no changes', async () => {
  const packet = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`
  const forged = `x\n- ${'0'.repeat(40)} ${first} refs/heads/innocent\nend`
  const change = `${first} ${'0'.repeat(40)} refs/heads/main\0report-status delete-refs push-options`
  const before = world.received.length
  const response = await fetch(`http://127.0.0.1:${world.port}/digits.git/git-receive-pack`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-git-receive-pack-request',
      authorization: `Basic ${Buffer.from(new URL(world.url).username.concat(':', new URL(world.url).password)).toString('base64')}`,
    },
    body: `${packet(change)}0000${packet(forged)}0000`,
  })
  expect(await response.text()).toContain('refs/heads/main pre-receive hook declined')
  expect(world.received.length).toBe(before)
  expect(Object.fromEntries(await readRefs(world.directory))).toEqual({ 'refs/heads/main': first })
})
