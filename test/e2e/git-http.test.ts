import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRefs } from '../../src/git/index.ts'
import { type GitWorld, startGitWorld, TOKEN } from './git-world.ts'

let world: GitWorld
beforeAll(async () => {
  world = await startGitWorld({ maxPushBytes: 1 << 20 })
  await world.git('.', 'clone', '-q', `${world.url}/digits.git`, 'work')
  await writeFile(join(world.folder, 'work', 'a'), '1')
  await world.git('work', 'add', '-A')
  await world.git('work', 'commit', '-q', '-m', 'Begin')
  await world.git('work', 'push', '-q', 'origin', 'main')
})
afterAll(() => world.stop())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function ask(
  method: string,
  path: string,
  {
    token = TOKEN,
    headers = {},
    body,
  }: { token?: string | null; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  const authorization =
    token === null ? {} : { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }
  const asked = request({
    host: '127.0.0.1',
    port: world.port,
    method,
    path,
    headers: { ...authorization, ...headers },
  })
  asked.on('error', () => undefined)
  asked.end(body)
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

const UPLOAD = { 'content-type': 'application/x-git-upload-pack-request' }
const RECEIVE = { 'content-type': 'application/x-git-receive-pack-request' }
const gzip = { 'content-encoding': 'gzip' }

describe('without a right', () => {
  test.each([
    ['GET', '/digits.git/info/refs?service=git-upload-pack', {}],
    ['GET', '/digits.git/info/refs?service=git-receive-pack', {}],
    ['POST', '/digits.git/git-upload-pack', UPLOAD],
    ['POST', '/digits.git/git-receive-pack', RECEIVE],
  ])('%s %s answers the same as for a repository that is not there', async (method, path, headers) => {
    for (const [token, status] of [
      [null, 401],
      ['wrong', 403],
    ] as const) {
      const here = await ask(method, path, { token, headers })
      const nowhere = await ask(method, path.replace('digits', 'nowhere'), { token, headers })
      expect(here.status).toBe(status)
      expect({ ...nowhere, body: nowhere.body.replace('nowhere', 'digits'), headers: undefined }).toEqual({
        ...here,
        headers: undefined,
      })
      expect(here.headers['www-authenticate']).toBe(
        status === 401 ? 'Basic realm="Ballast", charset="UTF-8"' : undefined,
      )
    }
  })
})

test.each([
  ['GET', '/digits.git/HEAD', {}, 404],
  ['GET', '/digits.git/../digits.git/info/refs?service=git-upload-pack', {}, 404],
  ['GET', '/digits%2egit/info/refs?service=git-upload-pack', {}, 404],
  ['GET', '/x%2f..%2fdigits.git/info/refs?service=git-upload-pack', {}, 404],
  ['GET', '/digits.git/info/refs', {}, 403],
  ['POST', '/digits.git/info/refs?service=git-upload-pack', {}, 405],
  ['GET', '/digits.git/git-upload-pack', {}, 405],
  ['POST', '/digits.git/git-upload-pack', RECEIVE, 415],
  ['POST', '/digits.git/git-receive-pack', { 'content-type': 'text/plain' }, 415],
  ['POST', '/digits.git/git-receive-pack', {}, 415],
  ['POST', '/digits.git/git-upload-pack', { ...UPLOAD, 'content-encoding': 'br' }, 415],
])('%s %s with %j is answered with a status and no git', async (method, path, headers, status) => {
  expect((await ask(method, path, { headers })).status).toBe(status)
})

test('a body that is not gzip though it says so is refused', async () => {
  const answer = await ask('POST', '/digits.git/git-upload-pack', {
    headers: { ...UPLOAD, ...gzip },
    body: Buffer.from('not'),
  })
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('unpacked') })
})

test('a bomb of 200 MB in 200 kB is cut at the limit, and leaves nothing', async () => {
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/x\0 report-status`
  const line = (command.length + 4).toString(16).padStart(4, '0') + command
  const body = gzipSync(
    Buffer.concat([Buffer.from(`${line}0000PACK\0\0\0\x02\0\0\0\x01`), Buffer.alloc(200 << 20)]),
  )
  const answer = await ask('POST', '/digits.git/git-receive-pack', { headers: { ...RECEIVE, ...gzip }, body })
  // git may notice first that these are no objects; either way it is over at once.
  expect([200, 413]).toContain(answer.status)
  expect([...(await readRefs(world.directory)).keys()]).toEqual(['refs/heads/main'])
  expect(await world.leftovers()).toEqual([])
})

test.each([
  ['nothing', ''],
  ['no packet', 'hello, world'],
  ['a length beyond the end', 'fff0'],
  ['a length of letters', 'zzzz'],
  ['a ref that climbs out', packet(`${'0'.repeat(40)} ${'1'.repeat(40)} ../../evil\0 report-status`)],
  ['an id that is an option', packet(`--upload-pack=x ${'1'.repeat(40)} refs/heads/x\0 report-status`)],
])('receive-pack that is sent %s changes nothing', async (_, body) => {
  const answer = await ask('POST', '/digits.git/git-receive-pack', {
    headers: RECEIVE,
    body: Buffer.from(body),
  })
  expect(answer.status).toBeLessThan(500)
  expect([...(await readRefs(world.directory)).keys()]).toEqual(['refs/heads/main'])
  expect(await world.leftovers()).toEqual([])
})

function packet(command: string): string {
  return `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`
}

test('a fetch with many wants is gzipped by git and understood', async () => {
  for (let i = 0; i < 60; i++) {
    await writeFile(join(world.folder, 'work', 'a'), `${i}`)
    await world.git('work', 'commit', '-q', '-a', '-m', `${i}`)
    await world.git('work', 'branch', `b${i}`)
  }
  await world.git('work', 'push', '-q', 'origin', '--all')
  const cloned = await world.git(
    '.',
    '-c',
    'protocol.version=0',
    'clone',
    '-q',
    '--mirror',
    `${world.url}/digits.git`,
    'mirror',
  )
  expect(cloned).toMatchObject({ code: 0, stderr: '' })
  expect((await world.git('mirror', 'for-each-ref')).stdout.trim().split('\n')).toHaveLength(61)
})

test('twenty clones at once are all served', async () => {
  const clones = Array.from({ length: 20 }, (_, i) =>
    world.git('.', 'clone', '-q', `${world.url}/digits.git`, `c${i}`),
  )
  expect((await Promise.all(clones)).map(({ code }) => code)).toEqual(Array(20).fill(0))
})
