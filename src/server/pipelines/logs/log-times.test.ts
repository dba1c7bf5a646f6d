import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AttemptId } from '../../../core/index.ts'
import { AttemptLogTimes } from './log-times.ts'
import { AttemptLogs } from './logs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-times-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ATTEMPT = 'att_1' as AttemptId

test('bytes have the time of their arrival, those that come together one', async () => {
  let now = 1000
  const logs = new AttemptLogs(folder, () => now)
  await logs.prepare()
  await logs.append(ATTEMPT, 0, Buffer.from('one\n'))
  now += 20
  await logs.append(ATTEMPT, 4, Buffer.from('two\n'))
  now += 500
  await logs.append(ATTEMPT, 8, Buffer.from('three\n'))
  // Sent again: it has come already.
  now += 500
  await logs.append(ATTEMPT, 8, Buffer.from('three\n'))
  expect(await logs.times.read(ATTEMPT)).toEqual([
    [0, 1000],
    [8, 1520],
  ])
  expect(await logs.times.read(ATTEMPT, 9)).toEqual([[8, 1520]])
})

test('times go on after a restart, never back, though the clock does and a line is torn', async () => {
  await new AttemptLogTimes(folder, () => 5000).note(ATTEMPT, 0)
  await appendFile(join(folder, `${ATTEMPT}.times`), '\n12 60')
  const after = new AttemptLogTimes(folder, () => 4000)
  await after.note(ATTEMPT, 10)
  const later = new AttemptLogTimes(folder, () => 6000)
  await later.note(ATTEMPT, 20)
  expect(await later.read(ATTEMPT)).toEqual([
    [0, 5000],
    [20, 6000],
  ])
})

test('a log that never rests has an index of bounded growth', async () => {
  let now = 0
  const times = new AttemptLogTimes(folder, () => now)
  await appendFile(join(folder, `${ATTEMPT}.times`), '\n'.repeat(1024 * 1024 + 1))
  for (let offset = 0; offset < 100; offset++) {
    now += 1000
    await times.note(ATTEMPT, offset)
  }
  const lines = (await readFile(join(folder, `${ATTEMPT}.times`), 'utf8')).trim().split(/\n+/)
  expect(lines).toHaveLength(20)
})

test('of a log that nobody wrote there are none', async () => {
  expect(await new AttemptLogTimes(folder, Date.now).read(ATTEMPT)).toEqual([])
})
