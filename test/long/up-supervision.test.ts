import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../e2e/git-world.ts'

interface Told {
  readonly kind: string
  readonly role?: string
  readonly pid?: number
  readonly pids?: Record<string, number>
  readonly [fact: string]: unknown
}

interface Up {
  readonly process: ChildProcess
  readonly told: Told[]
  first(kind: string, role?: string): Promise<Told>
  ended(): Promise<number | null>
}

let data: string
const ups: Up[] = []

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'ballast-up-'))
})
afterEach(async () => {
  for (const { process } of ups.splice(0)) process.kill('SIGKILL')
  for (const role of ['server', 'gateway', 'runner']) {
    const pid = lastPid.get(role)
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
  lastPid.clear()
  await rm(data, { recursive: true, force: true, maxRetries: 5 })
})

const lastPid = new Map<string, number>()

function startUp(behaviour = 'well', version = '1'): Up {
  const script = join(import.meta.dirname, '../fixtures/supervision/up.ts')
  const child = spawn(process.execPath, [script, data, version, behaviour], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told: Told[] = []
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop()!
    for (const line of lines) {
      const event = JSON.parse(line) as Told
      told.push(event)
      if (event.role && event.pid) lastPid.set(event.role, event.pid)
    }
  })
  const closed = once(child, 'close')
  const up: Up = {
    process: child,
    told,
    async first(kind, role) {
      const find = () =>
        told.find(event => event.kind === kind && (role === undefined || event.role === role))
      await until(() => find() !== undefined || child.exitCode !== null, `${kind} ${role ?? ''}`)
      await until(() => find() !== undefined, `${kind} ${role ?? ''}: ${JSON.stringify(told)}`, 1000)
      return find()!
    },
    ended: async () => (await closed)[0] as number | null,
  }
  ups.push(up)
  return up
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}

test('starts the first role, then the others; Ctrl-C ends them in the opposite order', async () => {
  const up = startUp()
  const { pids } = await up.first('all ready')
  const order = up.told
    .filter(({ kind }) => kind === 'ready' || kind === 'starting')
    .map(({ kind, role }) => `${kind} ${role}`)
  expect(order.slice(0, 2)).toEqual(['starting server', 'ready server'])
  expect(Object.keys(pids!).toSorted()).toEqual(['gateway', 'runner', 'server'])
  expect((await stat(data)).mode & 0o777).toBe(0o700)
  expect((await stat(join(data, 'gateway/run/gateway.sock'))).mode & 0o777).toBe(0o600)

  up.process.kill('SIGINT')
  expect(await up.ended()).toBe(0)
  expect(up.told.filter(({ kind }) => kind === 'stopped').map(({ role }) => role)).toEqual([
    'runner',
    'gateway',
    'server',
  ])
  expect(Object.values(pids!).filter(isAlive)).toEqual([])
  expect(readFileSync(join(data, 'logs/server.log'), 'utf8')).toBe('server stopped well\n')
  expect(existsSync(join(data, 'server/run/server.sock'))).toBe(false)
})

test.each(['server', 'gateway', 'runner'])('after kill -9 the %s runs again', async role => {
  const up = startUp()
  const { pids } = await up.first('all ready')
  process.kill(pids![role]!, 'SIGKILL')
  expect(await up.first('died', role)).toMatchObject({ failures: 1, restartsInMs: 0 })
  await until(
    () => up.told.filter(event => event.kind === 'ready' && event.role === role).length === 2,
    'the restart',
  )
  expect(lastPid.get(role)).not.toBe(pids![role])
  expect(up.told.filter(({ kind }) => kind === 'died')).toHaveLength(1)
})

describe('after kill -9 of the supervisor', () => {
  async function orphans(): Promise<Record<string, number>> {
    const up = startUp()
    const { pids } = await up.first('all ready')
    up.process.kill('SIGKILL')
    await up.ended()
    expect(Object.values(pids!).every(isAlive)).toBe(true)
    return pids!
  }

  test('the next one adopts what runs, restarts it when it dies, and ends it', async () => {
    const pids = await orphans()
    const up = startUp()
    expect((await up.first('all ready')).pids).toEqual(pids)
    expect(up.told.filter(({ kind }) => kind === 'starting')).toEqual([])
    process.kill(pids['runner']!, 'SIGKILL')
    await up.first('starting', 'runner')
    await until(
      () => up.told.filter(event => event.kind === 'ready' && event.role === 'runner').length === 2,
      'the restart',
    )
    up.process.kill('SIGINT')
    expect(await up.ended()).toBe(0)
    expect([...lastPid.values()].filter(isAlive)).toEqual([])
  })

  test('the next one of another version replaces it well', async () => {
    const pids = await orphans()
    const up = startUp('well', '2')
    const now = (await up.first('all ready')).pids!
    expect(await up.first('replaced', 'server')).toMatchObject({ pid: pids['server'], why: 'version 1' })
    expect(Object.values(pids).filter(isAlive)).toEqual([])
    expect(Object.values(now).every(isAlive)).toBe(true)
    expect(readFileSync(join(data, 'logs/server.log'), 'utf8')).toBe('server stopped well\n')
  })
})

test('a second supervisor on the same folder is refused, and the first works on', async () => {
  const up = startUp()
  const { pids } = await up.first('all ready')
  const second = startUp()
  expect(await second.first('failed')).toMatchObject({
    code: 'ALREADY_RUNNING',
    message: expect.stringContaining(`process ${up.process.pid}`),
  })
  expect(await second.ended()).toBe(0)
  expect(Object.values(pids!).every(isAlive)).toBe(true)
})

test('a role that never comes up fails the start with its last words, and nothing is left running', async () => {
  const up = startUp('crash')
  const failed = await up.first('failed')
  expect(failed).toMatchObject({
    code: 'ROLE_FAILED',
    message: expect.stringContaining("gateway can't find its database"),
  })
  expect(up.told.filter(event => event.kind === 'died')).toMatchObject([
    { role: 'gateway', failures: 1, restartsInMs: 0 },
    {
      role: 'gateway',
      failures: 2,
      restartsInMs: 200,
      lastLines: ["error: gateway can't find its database"],
    },
  ])
  expect(await up.ended()).toBe(0)
  expect([...lastPid.values()].filter(isAlive)).toEqual([])
})

test('a role that fails after it has opened its socket ends, and fails the start', async () => {
  const up = startUp('broken')
  expect(await up.first('failed')).toMatchObject({
    code: 'ROLE_FAILED',
    message: expect.stringContaining('the database is of a later release'),
  })
  expect(await up.ended()).toBe(0)
})

test('a role that does not stop is killed after its deadline', async () => {
  const up = startUp('deaf')
  const { pids } = await up.first('all ready')
  up.process.kill('SIGINT')
  expect(await up.ended()).toBe(0)
  expect(await up.first('killed')).toMatchObject({ role: 'gateway', afterMs: 3000 })
  expect(Object.values(pids!).filter(isAlive)).toEqual([])
})

test('a second Ctrl-C does not wait for anybody', async () => {
  const up = startUp('deaf')
  const { pids } = await up.first('all ready')
  up.process.kill('SIGINT')
  await up.first('stopped', 'runner')
  up.process.kill('SIGINT')
  expect(await up.ended()).toBe(0)
  expect(await up.first('killed', 'gateway')).toMatchObject({ afterMs: 0 })
  expect(Object.values(pids!).filter(isAlive)).toEqual([])
})

test('a role that dies again and again is started ever later, and its last words are told', async () => {
  const up = startUp('flaky')
  await up.first('all ready')
  await until(() => up.told.filter(({ kind }) => kind === 'died').length >= 4, 'four deaths')
  const deaths = up.told.filter(({ kind }) => kind === 'died').slice(0, 4)
  expect(deaths.map(({ role, failures, restartsInMs }) => [role, failures, restartsInMs])).toEqual([
    ['gateway', 1, 0],
    ['gateway', 2, 200],
    ['gateway', 3, 500],
    ['gateway', 4, 1000],
  ])
  expect(deaths[3]!['lastLines']).toEqual(['error: out of luck'])
  up.process.kill('SIGINT')
  expect(await up.ended()).toBe(0)
})

test('Ctrl-C before everything is ready ends what was started', async () => {
  const up = startUp('slow')
  await up.first('ready', 'runner')
  await up.first('starting', 'gateway')
  up.process.kill('SIGINT')
  expect(await up.first('failed')).toMatchObject({ code: 'STOPPED' })
  expect(await up.ended()).toBe(0)
  expect([...lastPid.values()].filter(isAlive)).toEqual([])
})

test('a data folder that is a file is one clear error', async () => {
  await chmod(data, 0o700)
  await rm(data, { recursive: true })
  await writeFile(data, '')
  const up = startUp()
  expect(await up.first('failed')).toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringContaining(data),
  })
  expect(await up.ended()).toBe(0)
})
