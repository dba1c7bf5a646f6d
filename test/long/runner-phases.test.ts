import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Offer } from '../../src/api/index.ts'
import { detectSandbox } from '../../src/runner/index.ts'
import { FakeControlPlane } from '../e2e/runner-world/control-plane.ts'
import { RunnerProcesses } from '../e2e/runner-world/processes.ts'

const report = await detectSandbox()
const works = { bubblewrap: report.bubblewrap.works, uid: report.uid.works, none: true }

let plane: FakeControlPlane
let dataDir: string
let runners: RunnerProcesses

beforeEach(async () => {
  plane = await new FakeControlPlane().open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-phases-test-'))
  runners = new RunnerProcesses({ serverUrl: plane.url, dataDir })
})
afterEach(async () => {
  await runners.stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

type Script = Extract<Offer['work'], { kind: 'script' }>
type Phase = Script['phases'][number]

/** A GitLab job: its script, and what comes after it. */
function aJob(
  script: readonly string[],
  after: readonly string[],
  change: Partial<Phase> = {},
): Partial<Offer> {
  const rules = { onFailure: 'stop', when: 'success', freshShell: false, result: 'failed' } as const
  const phases: Phase[] = [{ name: 'script', steps: [...script], ...rules, ...change }]
  if (after.length > 0) {
    const always = { when: 'always', freshShell: true, result: 'ignored' } as const
    phases.push({ name: 'after_script', steps: [...after], ...rules, ...always, timeout: 60_000 })
  }
  return { work: { kind: 'script', shell: 'bash', phases } }
}

const TOLD = 'echo "it was $CI_JOB_STATUS"'

describe.each(['bubblewrap', 'uid', 'none'] as const)('a job of several phases with %s', sandbox => {
  const it = works[sandbox] ? test : test.skip

  it.each([
    { script: ['true'], outcome: 'succeeded', told: 'success', finish: { exitCode: 0 } },
    { script: ['exit 7'], outcome: 'failed', told: 'failed', finish: { exitCode: 7, cause: 'script' } },
  ])('$script ends $outcome and tells what comes after it', async ({ script, outcome, told, finish }) => {
    const given = plane.offer(aJob(script, [TOLD]))
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome, ...finish })
    expect(given.log.toString()).toContain(`\nit was ${told}\n`)
  })

  it('is adopted within its phases after kill -9 of its runner', async () => {
    const given = plane.offer(aJob(['echo begun; sleep 1.5; exit 7'], ['sleep 1', TOLD]))
    const first = await runners.start({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await runners.end(first, 'SIGKILL')
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'failed', exitCode: 7 })
    expect(given.log.toString()).toContain('\nit was failed\n')
  })

  it('that was canceled while no runner was there still runs its after_script, once', async () => {
    const given = plane.offer({ ...aJob(['echo begun; sleep 1000'], ['sleep 0.5', TOLD]), leaseMs: 300 })
    const first = await runners.start({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await runners.end(first, 'SIGKILL')
    given.cancel = true
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'canceled' })
    expect(given.log.toString().match(/\nit was canceled\n/g)).toHaveLength(1)
  })

  it('whose runner is killed while it is being canceled ends as canceled, its after_script run to the end', async () => {
    const given = plane.offer({
      ...aJob(['echo begun; sleep 1000'], ['echo after; sleep 1.5', TOLD]),
      leaseMs: 300,
    })
    const first = await runners.start({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    given.cancel = true
    await plane.until('the after_script to begin', () => given.log.includes('\nafter'))
    await runners.end(first, 'SIGKILL')
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'canceled' })
    expect(given.log.toString().match(/\nit was canceled\n/g)).toHaveLength(1)
  })

  it('keeps the limit of a phase across a new runner', async () => {
    const given = plane.offer(aJob(['echo begun; sleep 1000'], [TOLD], { timeout: 2500 }))
    const first = await runners.start({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await runners.end(first, 'SIGKILL')
    await runners.start({ sandbox })
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'failed',
      cause: 'timeout',
      reason: 'script ran longer than its limit of 2.5 s',
    })
    expect(given.log.toString()).toContain('\nit was failed\n')
  })
})

describe('a runner', () => {
  test('marks its own parts and the phases as sections, in their order', async () => {
    const kept = plane.putBlob('from an earlier job')
    const given = plane.offer({
      ...aJob(['cat model.bin'], [TOLD]),
      inputs: [{ path: 'model.bin', ...kept, executable: false }],
    })
    await runners.start()
    await plane.finished(given)
    const marks = [...given.log.toString().matchAll(/section_(start|end):\d+:(\S+)\r\x1b\[0K/g)]
    const starts = marks.filter(([, kind]) => kind === 'start').map(([, , name]) => name)
    expect(starts).toEqual(['get_sources', 'download_artifacts', 'step_script', 'after_script'])
    expect(marks.filter(([, kind]) => kind === 'end').map(([, , name]) => name)).toEqual(starts)
  })

  test('gives file variables as paths, and the workspace for what stands for it', async () => {
    const given = plane.offer({
      ...aJob(['cat "$KEY"', 'test "$CI_PROJECT_DIR" = "$PWD"', 'mkdir dist; echo kept > dist/a.txt'], []),
      env: { CI_PROJECT_DIR: '/workspace-of-the-job' },
      files: { KEY: 'line one\nline two\n' },
      artifacts: ['/workspace-of-the-job/dist/a.txt'],
    })
    await runners.start()
    const finish = await plane.finished(given)
    expect(finish, given.log.toString()).toMatchObject({ outcome: 'succeeded' })
    expect(finish.artifacts.map(({ path }) => path)).toEqual(['dist/a.txt'])
    expect(given.log.toString()).toContain('\nline one\nline two\n')
  })

  test('errs a job that asks for more confinement than it has', async () => {
    const given = plane.offer({ steps: ['true'], network: false })
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({ outcome: 'errored', cause: 'setup' })
    expect(given.log.toString()).toContain('no network')
  })

  test('says what it is, and what it has left', async () => {
    await runners.start({ labels: ['gpu'], untagged: false, cpus: 8, memoryBytes: 2 ** 34, concurrency: 4 })
    await plane.until('a lease', () => plane.leases.length > 0)
    expect(plane.leases[0]).toMatchObject({
      capacity: 4,
      labels: ['gpu'],
      untagged: false,
      images: false,
      free: { cpu: 8, memoryBytes: 2 ** 34 },
    })
  })

  test('holds jobs back that do not fit beside each other', async () => {
    const resources = { cpu: 6 }
    const jobs = [1, 2].map(() =>
      plane.offer({ ...aJob(['echo begun; sleep 1'], []), resources, leaseMs: 600 }),
    )
    await runners.start({ cpus: 8, concurrency: 4 })
    await plane.until('one to begin', () => jobs.some(({ log }) => log.includes('\nbegun')))
    const [running, waiting] = jobs[0]!.log.includes('\nbegun') ? jobs : [jobs[1], jobs[0]]
    await plane.finished(running!)
    // It had its lease renewed and had not begun: its log came after the other's end.
    expect(waiting!.log.length).toBe(0)
    expect(await plane.finished(waiting!)).toMatchObject({ outcome: 'succeeded' })
    expect(waiting!.beats).toBeGreaterThan(1)
  })

  test('that drains finishes what runs and takes nothing new', async () => {
    const running = plane.offer({ steps: ['echo begun; sleep 1; echo done'] })
    const runner = await runners.start({ drain: true })
    await plane.until('the job to begin', () => running.log.includes('\nbegun'))
    const exit = once(runner, 'exit')
    runner.kill('SIGTERM')
    expect(await plane.finished(running)).toMatchObject({ outcome: 'succeeded' })
    await exit
    expect(await readdir(join(dataDir, 'attempts'))).toEqual([])
  })
})
