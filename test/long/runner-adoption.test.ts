import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { detectSandbox } from '../../src/runner/index.ts'
import { FakeControlPlane, type Given } from '../e2e/runner-world/control-plane.ts'
import { RunnerProcesses } from '../e2e/runner-world/processes.ts'

const report = await detectSandbox()
const works = { bubblewrap: report.bubblewrap.works, uid: report.uid.works, none: true }

let plane: FakeControlPlane
let dataDir: string
let runners: RunnerProcesses

beforeEach(async () => {
  plane = await new FakeControlPlane().open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-adoption-test-'))
  runners = new RunnerProcesses({ serverUrl: plane.url, dataDir })
})
afterEach(async () => {
  await runners.stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

const LINES = 60
const COUNT = `for i in $(seq 1 ${LINES}); do echo "line $i"; sleep 0.03; done`
const EVERY_LINE = Array.from({ length: LINES }, (_, i) => `line ${i + 1}`)

function linesOf({ log }: Given): string[] {
  return log
    .toString()
    .split('\n')
    .filter(line => /^line \d+$/.test(line))
}

describe.each(['bubblewrap', 'uid', 'none'] as const)('after kill -9 of a runner with %s', sandbox => {
  const it = works[sandbox] ? test : test.skip
  if (!works[sandbox])
    console.warn(`skipped: ${sandbox} does not work here: ${report[sandbox as 'uid'].reason}`)

  it('the next one adopts the running job, and its log has every line once', async () => {
    const given = plane.offer({
      steps: [COUNT, 'echo kept > out.txt'],
      artifacts: ['out.txt'],
      secrets: ['line 7\nline 8'],
    })
    const first = await runners.start({ sandbox })
    await plane.until('line 20', () => given.log.includes('line 20\n'))
    await runners.end(first, 'SIGKILL')
    expect(given.finish).toBeUndefined()
    await runners.start({ sandbox })
    const finish = await plane.finished(given)
    expect(finish).toMatchObject({ outcome: 'succeeded', artifacts: [{ path: 'out.txt' }] })
    // The secret stands across the cut of what was sent before and after: it is hidden as if nothing had happened.
    expect(given.log.toString()).toContain('\nline 6\n[redacted]\nline 9\n')
    expect(linesOf(given)).toEqual(EVERY_LINE.filter(line => line !== 'line 7' && line !== 'line 8'))
  })

  it('a job that ended meanwhile is told with its whole log', async () => {
    const given = plane.offer({ steps: [COUNT, 'exit 5'] })
    const first = await runners.start({ sandbox })
    await plane.until('line 5', () => given.log.includes('line 5\n'))
    await runners.end(first, 'SIGKILL')
    const [attempt] = await readdir(join(dataDir, 'attempts'))
    await expect
      .poll(() => readFile(join(dataDir, 'attempts', attempt!, 'exit'), 'utf8').catch(() => ''), {
        timeout: 20_000,
      })
      .toBe('5\n')
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'failed', exitCode: 5 })
    expect(linesOf(given)).toEqual(EVERY_LINE)
  })

  it('a job that was canceled meanwhile is ended', async () => {
    const given = plane.offer({ steps: ['echo begun; setsid sleep 1000 & sleep 1000'] })
    const first = await runners.start({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await runners.end(first, 'SIGKILL')
    given.cancel = true
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'canceled' })
  })
})

test('a runner that is told to keep its jobs leaves them to the next', async () => {
  const given = plane.offer({ steps: [COUNT] })
  const first = await runners.start({ keep: true })
  await plane.until('line 5', () => given.log.includes('line 5\n'))
  await runners.end(first, 'SIGTERM')
  expect(given.finish).toBeUndefined()
  await runners.start()
  expect(await plane.finished(given)).toMatchObject({ outcome: 'succeeded' })
  expect(linesOf(given)).toEqual(EVERY_LINE)
})

test('an adopted job keeps its time limit, counted from its start', async () => {
  const given = plane.offer({ steps: ['echo begun; sleep 1000'], timeoutMs: 1500 })
  const first = await runners.start()
  await plane.until('the job to begin', () => given.log.includes('\nbegun'))
  await runners.end(first, 'SIGKILL')
  await runners.start()
  expect(await plane.finished(given)).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('its limit'),
  })
})

describe('an attempt left by a runner', () => {
  test('whose machine restarted is errored, though its pid runs again', async () => {
    const given = plane.offer({})
    const folder = await leave(given, { log: 'half a line' })
    // This very process has that pid, with another start time.
    const stat = (await readFile('/proc/self/stat', 'latin1')).trimEnd().split(' ')
    stat[21] = '1'
    await writeFile(join(folder, 'pid'), `${stat.join(' ')}\n${await bootId()}\n`)
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'errored',
      reason: expect.stringContaining('without an exit status'),
    })
    expect(given.log.toString()).toBe('half a line')
  })

  test('before its process started is begun anew', async () => {
    const given = plane.offer({ steps: ['echo once'] })
    await leave(given, { log: '' })
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({ outcome: 'succeeded' })
    expect(given.log.toString()).toBe('$ echo once\nonce\n')
  })

  test('that had ended but could not say so says it', async () => {
    const given = plane.offer({})
    const finish = JSON.stringify({ outcome: 'succeeded', exitCode: 0, artifacts: [] })
    await leave(given, { log: 'all of it\n', 'finish.json': finish })
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
    expect(given.log.toString()).toBe('all of it\n')
  })

  test('that can’t be read is taken away', async () => {
    await mkdir(join(dataDir, 'attempts/att_9.zzz'), { recursive: true })
    await writeFile(join(dataDir, 'attempts/att_9.zzz/offer.json'), '{"attempt":')
    const given = plane.offer({})
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({ outcome: 'succeeded' })
    await expect.poll(() => readdir(join(dataDir, 'attempts'))).toEqual([])
  })

  /** The folder of an attempt that was leased by a runner that is gone. */
  async function leave(given: Given, files: Readonly<Record<string, string>>): Promise<string> {
    plane.taken(given)
    const folder = join(dataDir, 'attempts', `${given.offer.attempt}.abcdef`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'slot'), '0\n')
    await writeFile(join(folder, 'offer.json'), JSON.stringify(given.offer))
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
    return folder
  }
})

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}
