import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Places } from './places.ts'
import { identify, isAlive, startDetached, tailOf } from './processes.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('a process is told from a later one with its number', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
  const id = await identify(child.pid!)
  expect(await isAlive(id)).toBe(true)
  expect(await isAlive({ ...id, startTime: `${Number(id.startTime) - 1}` })).toBe(false)
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  expect(await isAlive(id)).toBe(false)
})

test('a detached process leads its own group and writes to its log', async () => {
  const log = join(folder, 'log.txt')
  const script = 'for (let i = 0; i < 20; i++) console.log("line " + i); console.error(process.ppid > 0)'
  const child = await startDetached([process.execPath, '-e', script], log)
  await once(child, 'exit')
  expect(await tailOf(log, 2)).toBe('line 19\ntrue')
  expect(await tailOf(join(folder, 'none'), 2)).toBe('')
})

test('a socket lies in the host folder, or where its path is short enough', async () => {
  const near = await new Places(folder).socket('rep_1')
  expect(near.startsWith(folder)).toBe(true)
  const far = await new Places(join(folder, 'x'.repeat(100))).socket('rep_1')
  expect(Buffer.byteLength(far)).toBeLessThanOrEqual(104)
  expect(far.startsWith(folder)).toBe(false)
  expect((await stat(join(far, '..'))).mode & 0o077).toBe(0)
})
