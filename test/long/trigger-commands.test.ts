import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeRunner } from '../server/agents.ts'
import { type Ran, type Repository, startWorld, until, type World } from '../server/world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')
const CI = 'unit: { script: ["true"], rules: [{ when: always }] }\n'
let world: World
let repository: Repository

beforeAll(async () => {
  world = await startWorld()
  await world.admin('POST', '/projects', { name: 'team/p' })
  repository = await world.repository('team/p', { '.gitlab-ci.yml': CI })
  await push('main')
  await repository.commit('Topic', { 'a.txt': '1' })
  await push('topic')
})
afterAll(() => world.stop())

const push = async (branch: string) =>
  repository.git('push', '-o', 'ci.skip', await repository.remote(), `HEAD:${branch}`)

async function ballast(args: readonly string[], input = ''): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: '1', BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
  return new Promise(resolve => {
    const child = execFile(process.execPath, [ENTRY, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
    child.stdin!.end(input)
  })
}

test('pipeline run follows to the end, and fails if the pipeline does', async () => {
  const runner = new FakeRunner(world)
  for (const outcome of ['succeeded', 'failed'] as const) {
    const args = ['pipeline', 'run', 'team/p', '--ref', 'topic', '--var', 'MODE=a b', '--follow']
    const following = ballast(args)
    const offer = await until('its job', async () =>
      (await runner.lease()).find(({ jobName }) => jobName === 'unit'),
    )
    expect(offer.env).toMatchObject({ MODE: 'a b' })
    await runner.finish(offer, { outcome })
    const { code, stdout } = await following
    expect(stdout).toMatch(
      new RegExp(`^Started team/p #\\d+: .*\\n  unit: ${outcome}.*\\npipeline ${outcome}\\n$`),
    )
    expect(code).toBe(outcome === 'succeeded' ? 0 : 1)
  }
}, 60_000)

test('schedules are added, listed, paused, resumed, run and removed', async () => {
  const add = ['schedule', 'add', 'team/p', 'Nightly', '--cron', '0 3 * * *', '--time-zone', 'Europe/Berlin']
  const added = await ballast([...add, '--var', 'A=1', '--input', 'n=2'])
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sch_\w+ runs next at .*Z\.\n$/) })
  const id = added.stdout.split(' ')[0]!
  expect((await ballast(['schedule', 'pause', 'team/p', id])).stdout).toBe(`${id} rests.\n`)
  expect((await ballast(['schedule', 'list', 'team/p'])).stdout).toMatch(/Nightly .* admin +paused/)
  expect((await ballast(['schedule', 'resume', 'team/p', id])).stdout).toContain('runs next at')
  expect((await ballast(['schedule', 'run', 'team/p', id])).stdout).toMatch(/^pipeline #\d+\n$/)
  const [listed] = JSON.parse((await ballast(['schedule', 'list', 'team/p', '--json'])).stdout)
  expect(listed).toMatchObject({ variables: { A: '1' }, inputs: { n: 2 }, active: true })
  expect(await ballast(['schedule', 'remove', 'team/p', id])).toMatchObject({ code: 0 })
  expect((await ballast(['schedule', 'pause', 'team/p', id])).stderr).toContain('SCHEDULE_UNKNOWN')
  expect((await ballast([...add, '--var', 'A'])).stderr).toContain('PAIR_INVALID')
}, 60_000)

test('merge requests are made, shown, merged and closed', async () => {
  const make = ['mr', 'create', 'team/p', 'Better', '--source', 'topic', '--label', 'a', 'b']
  const made = await ballast(make)
  expect(made.stdout).toMatch(
    /^team\/p!1: open\nBetter\ntopic \(\w{8}\) into main\npipeline #\d+: running\n$/,
  )
  expect((await ballast(['mr', 'list', 'team/p'])).stdout).toMatch(/!1 +open +Better +topic +main/)
  const merged = await ballast(['mr', 'merge', 'team/p', '!1', '--fast-forward'])
  expect(merged).toMatchObject({ code: 0, stdout: expect.stringContaining('team/p!1: merged') })
  await repository.commit('Again', { 'b.txt': '1' })
  await push('topic')
  expect((await ballast([...make, '--draft'])).stdout).toContain('team/p!2: draft')
  expect((await ballast(['mr', 'merge', 'team/p', '2'])).stderr).toContain('is a draft')
  expect((await ballast(['mr', 'close', 'team/p', '2'])).stdout).toContain('team/p!2: closed')
  expect((await ballast(['mr', 'show', 'team/p', '3'])).stderr).toContain('NOT_FOUND')
}, 60_000)

test('a mirror is set with a token from standard input, which is told nowhere', async () => {
  const set = ['mirror', 'set', 'team/p', 'https://mirror.invalid/team/p.git']
  expect((await ballast(set)).stderr).toContain('which forge')
  const done = await ballast([...set, '--forge', 'gitea', '--user', 'bot'], 'a-token-of-a-bot\n')
  expect(done.stdout).toMatch(
    /gitea, with credentials.*\/api\/v1\/hooks\/hok_\w+\n.*shown again:\n\w{40}\n$/s,
  )
  const shown = await ballast(['mirror', 'show', 'team/p'])
  expect(shown.stdout).toContain('owner       admin')
  expect(done.stdout + done.stderr + shown.stdout).not.toContain('a-token-of-a-bot')
  expect((await ballast(['mirror', 'allow', 'http', 'private'])).stdout).toBe(
    'https on public addresses, http, private\n',
  )
  expect((await ballast(['mirror', 'allow', 'none'])).stdout).toBe('https on public addresses\n')
  expect(await ballast(['mirror', 'sync', 'team/p'])).toMatchObject({ code: 0 })
  expect(await ballast(['mirror', 'remove', 'team/p'])).toMatchObject({ code: 0 })
  expect((await ballast(['mirror', 'show', 'team/p'])).stderr).toContain('NOT_FOUND')
}, 60_000)

test('a mirror by ssh takes a key and the host’s own, from files', async () => {
  const [key, host] = [join(world.folder, 'key'), join(world.folder, 'host.pub')]
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  await writeFile(key, pem)
  const url = 'ssh://git@mirror.invalid/team/p.git'
  const set = ['mirror', 'set', 'team/p', url, '--forge', 'github', '--ssh-key', key]
  await writeFile(host, 'no key at all\n')
  expect((await ballast([...set, '--host-key', host])).stderr).toContain('REQUEST_INVALID')
  await writeFile(host, 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== root@forge\n')
  const done = await ballast([...set, '--host-key', host])
  expect(done).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${url} (github, with credentials)`),
  })
  expect(done.stdout).not.toContain(pem.split('\n')[1])
  expect(await ballast(['mirror', 'remove', 'team/p'])).toMatchObject({ code: 0 })
}, 60_000)

test('protection and secrets of a group are set and shown', async () => {
  const protect = await ballast(['project', 'protect', 'team/p', '--branch', 'release/*', '--tag', 'v*'])
  expect(protect.stdout).toBe('branches   the default branch, release/*\ntags       v*\n')
  expect((await ballast(['project', 'protect', 'team/p', '--tag', 'none'])).stdout).toContain(
    'tags       none',
  )
  const set = [
    'secret',
    'set',
    'team',
    'REGION',
    '--group',
    '--plain',
    '--unprotected',
    '--environment',
    'eu/*',
  ]
  expect((await ballast(set, 'eu\n')).stdout).toBe(
    'REGION is set: jobs of team/p on every ref have it from now on.\n',
  )
  const list = await ballast(['secret', 'list', 'team', '--group'])
  expect(list.stdout).toMatch(/REGION +\d+ s ago +for eu\/\*, for every ref, shown in logs/)
  const remove = ['secret', 'remove', 'team', 'REGION', '--group']
  expect((await ballast(remove)).stderr).toContain('NOT_FOUND')
  expect(await ballast([...remove, '--environment', 'eu/*'])).toMatchObject({ code: 0 })
}, 60_000)
