import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ownRefs, readRefs } from '../read/refs.ts'
import { createRepository } from '../repository/create.ts'
import { fetchRemote, type Remote } from './fetch.ts'

const INTO = 'refs/ballast/fetched/'
let folder: string
let directory: string
let elsewhere: string
let remote: Remote

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-fetch-'))
  directory = join(folder, 'own.git')
  elsewhere = join(folder, 'elsewhere.git')
  await createRepository(directory, 'main')
  await createRepository(elsewhere, 'main')
  remote = { url: `file://${elsewhere}`, protocol: 'file' }
  for (const ref of ['refs/heads/main', 'refs/heads/topic', 'refs/tags/v1', 'refs/pull/1/head'])
    git('update-ref', ref, commit(ref))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['--git-dir', elsewhere, ...args], {
    input: '',
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@b',
    },
  }).trim()
const commit = (message: string) => git('commit-tree', '-m', message, git('mktree'))

test('branches and tags come, and go with the remote; no other ref moves', async () => {
  await fetchRemote(directory, remote, INTO)
  const names = async () => [...(await ownRefs(directory, INTO)).keys()]
  expect(await names()).toEqual(['heads/main', 'heads/topic', 'tags/v1'])
  expect(await readRefs(directory)).toEqual(new Map())
  const moved = commit('another beginning')
  git('update-ref', 'refs/heads/main', moved)
  git('update-ref', '-d', 'refs/heads/topic')
  await fetchRemote(directory, remote, INTO)
  expect(await names()).toEqual(['heads/main', 'tags/v1'])
  expect((await ownRefs(directory, INTO)).get('heads/main')).toBe(moved)
})

test.each([
  { url: 'ext::sh -c touch% /tmp/x', protocol: 'file' },
  { url: '--upload-pack=touch /tmp/x', protocol: 'file' },
  { url: '/etc', protocol: 'file' },
  { url: 'ssh://host/x', protocol: 'https' },
] as const)('$url is not an address of $protocol', async remote => {
  await expect(fetchRemote(directory, remote, INTO)).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

async function aServer(
  answer: (request: IncomingMessage) => { readonly status: number; readonly location?: string },
) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const { status, location } = answer(request)
    response.writeHead(status, location === undefined ? {} : { location }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { asked, port, stop: () => server.close() }
}

test('the host is the one that was pinned, and gets the authorization; nobody else is asked', async () => {
  const elsewhere = await aServer(() => ({ status: 404 }))
  const server = await aServer(() => ({
    status: 302,
    location: `http://127.0.0.1:${elsewhere.port}/x.git/info/refs?service=git-upload-pack`,
  }))
  const fetched = fetchRemote(
    directory,
    {
      url: `http://pinned.invalid:${server.port}/x.git`,
      protocol: 'http',
      pinned: { host: 'pinned.invalid', port: server.port, address: '127.0.0.1' },
      authorization: 'Basic c2VjcmV0',
    },
    INTO,
  )
  const error: unknown = await fetched.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'GIT_FAILED' })
  expect(String(error)).not.toContain('c2VjcmV0')
  expect(server.asked[0]!.headers).toMatchObject({
    authorization: 'Basic c2VjcmV0',
    host: `pinned.invalid:${server.port}`,
  })
  expect(elsewhere.asked).toEqual([])
  server.stop()
  elsewhere.stop()
})

test('one that is stopped leaves what there was', async () => {
  const stop = new AbortController()
  const server = createServer(() => stop.abort())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const silent: Remote = { url: `http://127.0.0.1:${port}/x.git`, protocol: 'http' }
  await expect(fetchRemote(directory, silent, INTO, stop.signal)).rejects.toMatchObject({
    code: 'GIT_TIMED_OUT',
  })
  expect(await ownRefs(directory, INTO)).toEqual(new Map())
  server.closeAllConnections()
  server.close()
})

test('ssh is started with the one key, for the host that was pinned, and asks nothing of the machine', async () => {
  const bin = join(folder, 'b in')
  await mkdir(bin)
  const log = join(folder, 'ssh.log')
  // Says the part of the other side: runs what it is asked to run.
  await writeFile(
    join(bin, 'ssh'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\nfor last; do :; done\nexec sh -c "$last"\n`,
  )
  await chmod(join(bin, 'ssh'), 0o700)
  const path = process.env['PATH']
  process.env['PATH'] = `${bin}:${path}`
  try {
    await fetchRemote(
      directory,
      {
        url: `ssh://git@forge.invalid:2222${elsewhere}`,
        protocol: 'ssh',
        pinned: { host: 'forge.invalid', port: 2222, address: '203.0.113.7' },
        ssh: { keyFile: "/run/it's a key", knownHostsFile: '/run/known hosts' },
      },
      INTO,
    )
  } finally {
    process.env['PATH'] = path
  }
  expect([...(await ownRefs(directory, INTO)).keys()]).toContain('heads/main')
  const args = (await readFile(log, 'utf8')).split('\n')
  for (const wanted of [
    "/run/it's a key",
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UserKnownHostsFile="/run/known hosts"',
    'HostName=203.0.113.7',
    'HostKeyAlias=mirror',
    '2222',
    'git@forge.invalid',
  ])
    expect(args).toContain(wanted)
})

test('without a key ssh is not started at all', async () => {
  const url = `ssh://git@127.0.0.1${elsewhere}`
  await expect(fetchRemote(directory, { url, protocol: 'ssh' }, INTO)).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})
