import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WantedReplica } from '../../api/index.ts'
import { digestOf, silentLogger } from '../../core/index.ts'
import { ASLEEP, FrameClient, type ResponseFrame } from '../frames/index.ts'
import { mismatch, unavailable } from './blobs/errors.ts'
import type { Reported } from './keeper.ts'
import { Memory } from './memory.ts'
import { Places } from './places.ts'
import { StartPriority } from './priority.ts'
import { isAlive, readProcess } from './processes.ts'
import { Residents } from './residents.ts'
import { Turns } from './turns.ts'

const FAKE = new URL('../../../test/fixtures/inference/host/fake-replica.ts', import.meta.url).pathname
/** Others want the processors of a machine that tests run on. */
const priority = new StartPriority({ niceness: false, groups: false })

let folder: string
let places: Places
const open: Residents[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residents-'))
  places = new Places(folder)
})
afterEach(async () => {
  for (const residents of open.splice(0)) await residents.close(false)
  await rm(folder, { recursive: true, force: true })
})

const watchers = new Set<() => void>()

async function theResidents(
  memoryBytes = Number.POSITIVE_INFINITY,
  modelPath: (wanted: WantedReplica) => Promise<string> = async () => 'model.onnx',
): Promise<Residents> {
  const residents = new Residents({
    places,
    modelPath,
    start: { command: [process.execPath, FAKE], tied: false, priority },
    threads: 1,
    memory: new Memory(memoryBytes),
    turns: new Turns(),
    drainGraceMs: 0,
    logger: silentLogger,
    onChange: () => {
      for (const watcher of watchers) watcher()
    },
  })
  await residents.open()
  open.push(residents)
  return residents
}

/** What the fake replica reads as orders are its labels. */
function wanted(
  replica: string,
  orders: readonly string[] = [],
  more: Partial<WantedReplica> = {},
): WantedReplica {
  const config = { name: replica, task: 'generic', labels: orders, preprocess: [] }
  return { replica, version: `ver_${replica}`, versionNumber: 1, model: replica, config, files: [], ...more }
}

function stateOf(residents: Residents, replica: string): Reported | undefined {
  return residents.states.find(state => state.replica === replica)
}

/** When the replica's state is so; looked at on every change. */
function until(
  residents: Residents,
  replica: string,
  holds: (state: Reported) => boolean,
): Promise<Reported> {
  return new Promise(resolve => {
    const look = (): void => {
      const state = stateOf(residents, replica)
      if (state === undefined || !holds(state)) return
      watchers.delete(look)
      resolve(state)
    }
    watchers.add(look)
    look()
  })
}

const phase = (name: Reported['phase']) => (state: Reported) => state.phase === name

interface Told {
  readonly status: number
  readonly body: { readonly pid?: number; readonly metadata?: string }
}

/** Asks as a gateway does: holds what met a sleeper until the connection closes, and asks again. */
async function ask(
  residents: Residents,
  replica: string,
  operation: 'infer' | 'metadata' | 'unload' = 'infer',
  body = '',
): Promise<Told> {
  for (;;) {
    const { address } = await until(residents, replica, state => state.address !== undefined)
    const client = await FrameClient.open(address!).catch(() => undefined)
    if (client === undefined) continue
    const closed = new Promise<void>(resolve => {
      client.onClose = resolve
    })
    const answer = await new Promise<ResponseFrame | undefined>(resolve => {
      client.ask(
        { operation, timeoutMs: 5000, headers: '', body: [Buffer.from(body)], bodyBytes: body.length },
        given => resolve(given instanceof Error ? undefined : given),
      )
    })
    if (answer?.status === ASLEEP) await closed
    client.close()
    if (answer !== undefined && answer.status !== ASLEEP) {
      return { status: answer.status, body: JSON.parse(String(answer.body)) }
    }
  }
}

function alive(pid: number): Promise<boolean> {
  return isAlive({ pid, startTime: '' })
}

test('one that is unloaded ends, answers for itself, and wakes for all who ask at once', async () => {
  const residents = await theResidents()
  await residents.apply([wanted('a', ['slow 200'])])
  const { pid, address } = await until(residents, 'a', phase('ready'))
  expect(await residents.park('a')).toBe(true)
  const asleep = await until(residents, 'a', phase('parked'))
  expect(asleep.address).toEqual(address)
  expect(await alive(pid!)).toBe(false)
  expect(await ask(residents, 'a', 'metadata')).toMatchObject({ body: { metadata: 'a', pid } })
  expect(stateOf(residents, 'a')?.phase).toBe('parked')

  const answers = await Promise.all(Array.from({ length: 30 }, () => ask(residents, 'a')))
  const [woken] = answers
  expect(woken!.body.pid).not.toBe(pid)
  for (const answer of answers) expect(answer).toEqual(woken)
  expect(stateOf(residents, 'a')).toMatchObject({ phase: 'ready', pid: woken!.body.pid })
  expect(existsSync(places.replica('a').parked)).toBe(false)
})

test('what is under way is answered before it sleeps', async () => {
  const residents = await theResidents()
  await residents.apply([wanted('a')])
  const { pid } = await until(residents, 'a', phase('ready'))
  const slow = ask(residents, 'a', 'infer', '300')
  const parked = ask(residents, 'a', 'unload')
  expect(await slow).toMatchObject({ status: 200, body: { pid } })
  expect(await parked).toMatchObject({ status: 200 })
  await until(residents, 'a', phase('parked'))
})

test('one without requests sleeps after its time; one that a rollout judges does not, and is woken for it', async () => {
  const residents = await theResidents()
  const serving = { idleMs: 100 }
  await residents.apply([wanted('a', [], { serving }), wanted('b', [], { serving, judged: true })])
  await until(residents, 'b', phase('ready'))
  await until(residents, 'a', phase('parked'))
  expect(stateOf(residents, 'b')?.phase).toBe('ready')
  await residents.apply([wanted('a', [], { serving, judged: true }), wanted('b', [], { serving })])
  await until(residents, 'a', phase('ready'))
  await until(residents, 'b', phase('parked'))
})

test('when it may sleep changes without a new process', async () => {
  const residents = await theResidents()
  await residents.apply([wanted('a', [], { judged: true })])
  const { pid } = await until(residents, 'a', phase('ready'))
  await residents.apply([wanted('a')])
  expect(stateOf(residents, 'a')).toMatchObject({ phase: 'ready', pid })
  await residents.apply([wanted('a', [], { serving: { threads: 2 } })])
  const other = await until(residents, 'a', state => state.phase === 'ready' && state.pid !== pid)
  expect(other.pid).toBeDefined()
})

test('one that falls while it wakes is tried again, and nobody who waits is lost', async () => {
  const residents = await theResidents()
  const flag = join(folder, 'fell')
  await residents.apply([wanted('a')])
  await until(residents, 'a', phase('ready'))
  await residents.park('a')
  await residents.close(true)
  open.length = 0

  const next = await theResidents()
  await next.apply([wanted('a', [`once ${flag}`])])
  await until(next, 'a', phase('parked'))
  expect(await ask(next, 'a')).toMatchObject({ status: 200 })
  expect(existsSync(flag)).toBe(true)
})

test('within a budget for one, the one used least lately sleeps, and both are answered', async () => {
  const residents = await theResidents(400 * 2 ** 20)
  const order = ['hoard 200']
  await residents.apply([wanted('a', order)])
  await until(residents, 'a', phase('ready'))
  await residents.apply([wanted('a', order), wanted('b', order)])
  await until(residents, 'a', phase('parked'))
  await until(residents, 'b', phase('ready'))
  expect((await ask(residents, 'b')).status).toBe(200)
  const [a] = await Promise.all([ask(residents, 'a'), until(residents, 'b', phase('parked'))])
  expect(a.status).toBe(200)
  expect(stateOf(residents, 'a')?.phase).toBe('ready')
})

test('one with requests under way is not put to sleep for another, which waits and says why', async () => {
  const residents = await theResidents(300 * 2 ** 20)
  await residents.apply([wanted('a', ['hoard 150'])])
  const { pid } = await until(residents, 'a', phase('ready'))
  const busy = ask(residents, 'a', 'infer', '2500')
  await residents.apply([wanted('a', ['hoard 150']), wanted('b', ['hoard 150'])])
  const waiting = await until(residents, 'b', state => state.reason !== undefined)
  expect(waiting).toMatchObject({
    phase: 'starting',
    reason: expect.stringMatching(/^waits for memory: .* are in use$/),
  })
  expect(await busy).toMatchObject({ body: { pid } })
  await until(residents, 'b', phase('ready'))
  expect(stateOf(residents, 'a')?.phase).toBe('parked')
})

test('one that would fail again is given up', async () => {
  const residents = await theResidents()
  await residents.apply([wanted('a', ['unfit']), wanted('b', ['fall']), wanted('c')])
  expect(await until(residents, 'a', phase('failed'))).toMatchObject({
    reason: expect.stringContaining('65'),
  })
  await until(residents, 'c', phase('ready'))
  await until(residents, 'b', phase('failed'))
})

test('the next host finds one asleep, and ends one that is wanted no more', async () => {
  const first = await theResidents()
  await first.apply([wanted('a'), wanted('b')])
  await until(first, 'a', phase('ready'))
  await until(first, 'b', phase('ready'))
  await first.park('a')
  await first.park('b')
  await first.close(true)
  open.length = 0

  const next = await theResidents()
  await next.apply([wanted('a')])
  await until(next, 'a', phase('parked'))
  expect(existsSync(places.replica('b').folder)).toBe(false)
  expect(await ask(next, 'a')).toMatchObject({ status: 200 })
  expect(readProcess(readFileSync(places.replica('a').process, 'utf8'))).toMatchObject({
    pid: stateOf(next, 'a')!.pid,
  })
})

test('a model beyond the budget has the machine for itself', async () => {
  const residents = await theResidents(100 * 2 ** 20)
  await residents.apply([wanted('a')])
  await until(residents, 'a', phase('ready'))
  await residents.apply([wanted('a'), wanted('b', ['hoard 150'])])
  await until(residents, 'b', phase('ready'))
  expect(stateOf(residents, 'a')?.phase).toBe('parked')
  expect(await ask(residents, 'a')).toMatchObject({ status: 200 })
  await until(residents, 'b', phase('parked'))
})

test("a process that no host noted takes nobody's place", async () => {
  const residents = await theResidents()
  await residents.apply([wanted('a')])
  const { pid } = await until(residents, 'a', phase('ready'))
  const stray = spawn(process.execPath, [FAKE, 'replica', '--spec', places.replica('a').spec])
  expect((await once(stray, 'exit'))[0]).toBe(1)
  expect(await ask(residents, 'a')).toMatchObject({ status: 200, body: { pid } })
})

describe('a version with a variant', () => {
  const variant = {
    name: 'int8',
    digest: digestOf('int8'),
    files: [{ name: 'model.onnx', digest: digestOf('int8'), size: 4 }],
  }
  const { name, digest } = variant

  test('is served in that form, and says so', async () => {
    const loaded: WantedReplica[] = []
    const residents = await theResidents(undefined, async wanted => {
      loaded.push(wanted)
      return 'model.onnx'
    })
    await residents.apply([wanted('a', [], { variant })])
    const state = await until(residents, 'a', phase('ready'))
    expect(state).toMatchObject({ variant: { name, digest } })
    expect(state.fallback).toBeUndefined()
    expect(loaded.map(({ files }) => files)).toEqual([variant.files])
  })

  test.each([
    { what: 'is not what it was', order: 'variant unfit', reason: /status 65/ },
    { what: 'never comes to be ready', order: 'variant fall', reason: /status 1/ },
  ])('that $what: the original serves, also for later hosts', async ({ order, reason }) => {
    const residents = await theResidents()
    await residents.apply([wanted('a', [order], { variant })])
    const state = await until(residents, 'a', phase('ready'))
    expect(state.variant).toBeUndefined()
    expect(state.fallback).toMatchObject({ name, digest, reason: expect.stringMatching(reason) })
    expect(await ask(residents, 'a')).toMatchObject({ status: 200 })
    await residents.close(true)
    open.length = 0

    const next = await theResidents()
    await next.apply([wanted('a', [order], { variant })])
    const adopted = await until(next, 'a', phase('ready'))
    expect(adopted).toMatchObject({ pid: state.pid, fallback: { name, digest } })
  })

  test('whose bytes are wrong is dropped at once; one that can not be fetched for a moment is not', async () => {
    const asked: (string | undefined)[] = []
    const residents = await theResidents(undefined, async ({ variant: form, replica }) => {
      asked.push(form?.name)
      if (replica === 'a' && form) throw mismatch(form.digest, 4, 'others')
      if (replica === 'b' && asked.length < 3) throw unavailable(digest, 'the control plane is away')
      return 'model.onnx'
    })
    await residents.apply([wanted('a', [], { variant })])
    expect(await until(residents, 'a', phase('ready'))).toMatchObject({
      fallback: { name, reason: expect.stringContaining(digest) },
    })
    expect(asked).toEqual([name, undefined])
    asked.length = 0
    await residents.apply([wanted('b', [], { variant })])
    expect(await until(residents, 'b', phase('ready'))).toMatchObject({ variant: { name } })
    expect(asked).toEqual([name, name, name])
  })

  test('whose original does not hold either has failed', async () => {
    const residents = await theResidents()
    await residents.apply([wanted('a', ['unfit'], { variant })])
    expect(await until(residents, 'a', phase('failed'))).toMatchObject({ fallback: { name } })
  })

  test('that serves is not ended for another form of it', async () => {
    const residents = await theResidents()
    await residents.apply([wanted('a')])
    const { pid } = await until(residents, 'a', phase('ready'))
    await residents.apply([wanted('a', [], { variant })])
    expect(stateOf(residents, 'a')).toMatchObject({ phase: 'ready', pid })
    await residents.park('a')
    await until(residents, 'a', phase('parked'))
    await ask(residents, 'a')
    expect(stateOf(residents, 'a')).toMatchObject({ phase: 'ready', variant: { name, digest } })
  })
})
