import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Offer } from '../../src/api/index.ts'
import { digestOf } from '../../src/core/index.ts'
import { detectSandbox, type RunnerOptions, type SandboxKind } from '../../src/runner/index.ts'
import { COMMIT, FakeControlPlane, RUNNER_TOKEN } from './runner-world/control-plane.ts'
import { runnerHere } from './runner-world/here.ts'

const report = await detectSandbox()
const works: Record<SandboxKind, boolean> = {
  bubblewrap: report.bubblewrap.works,
  uid: report.uid.works,
  none: true,
}
const why = { bubblewrap: report.bubblewrap.reason, uid: report.uid.reason, none: '' }

const SOURCE = [
  { path: 'hello.txt', content: 'hello\n' },
  { path: 'bin/', type: '5' },
  { path: 'bin/greet.sh', content: '#!/bin/sh\necho "greetings from $(pwd)"\n', mode: 0o755 },
  { path: 'link.txt', type: '2', target: 'hello.txt' },
]

let plane: FakeControlPlane
let dataDir: string
let stops: (() => Promise<void>)[]

beforeEach(async () => {
  plane = await new FakeControlPlane(SOURCE).open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-runner-test-'))
  stops = []
})
afterEach(async () => {
  for (const stop of stops) await stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

function startRunner(change: Partial<RunnerOptions> = {}): () => Promise<void> {
  const { stop } = runnerHere({ serverUrl: plane.url, token: RUNNER_TOKEN, dataDir, ...change })
  stops.push(stop)
  return stop
}

describe.each(['bubblewrap', 'uid', 'none'] as const)('with %s', sandbox => {
  const it = works[sandbox] ? test : test.skip
  if (!works[sandbox]) console.warn(`skipped: ${sandbox} does not work here: ${why[sandbox]}`)

  it('a job runs its steps in one shell over the commit, and keeps its artifacts', async () => {
    const kept = plane.putBlob('from an earlier job')
    const given = plane.offer({
      steps: ['./bin/greet.sh', 'cd bin', 'cat ../link.txt > out.txt', 'cp ../dist/model.bin copy.bin'],
      artifacts: ['bin/*.txt', 'bin/copy.bin'],
      inputs: [{ path: 'dist/model.bin', ...kept, executable: false }],
      env: { GREETING: `it's "here"` },
    })
    startRunner({ sandbox })
    const finish = await plane.finished(given)
    expect(finish, given.log.toString()).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
    expect(given.log.toString()).toMatch(/^\$ \.\/bin\/greet\.sh\ngreetings from \/.*\n\$ cd bin\n\$ cat/)
    expect(finish.artifacts.map(({ path, size }) => [path, size])).toEqual([
      ['bin/copy.bin', 19],
      ['bin/out.txt', 6],
    ])
    expect(plane.blobs.get(finish.artifacts[1]!.digest)?.toString()).toBe('hello\n')
  })

  it('its environment is the one it asked for, and not the runner’s', async () => {
    process.env['OPERATOR_PASSWORD'] = 'hunter2-of-the-operator'
    const given = plane.offer({ steps: ['env'], env: { GREETING: `it's "here"`, LD_PRELOAD: '' } })
    startRunner({ sandbox })
    expect(await plane.finished(given)).toMatchObject({ outcome: 'succeeded' })
    const lines = given.log.toString()
    expect(lines).toContain(`\nGREETING=it's "here"\n`)
    expect(lines).toContain('\nCI=true\n')
    expect(lines).not.toContain('OPERATOR_PASSWORD')
    expect(lines).not.toContain('VITEST')
  })

  it.each([
    { steps: ['exit 3', 'echo never'], outcome: 'failed', reason: 'exit code 3' },
    { steps: ['false', 'echo never'], outcome: 'failed', reason: 'exit code 1' },
    { steps: ["echo 'unclosed", 'echo never'], outcome: 'failed', reason: 'exit code 2' },
    { steps: [`sh -c 'kill -9 $$'`], outcome: 'failed', reason: 'exit code 137' },
  ])('$steps ends $outcome: $reason', async ({ steps, outcome, reason }) => {
    const given = plane.offer({ steps })
    startRunner({ sandbox })
    const finish = await plane.finished(given)
    expect(finish).toMatchObject({ outcome, reason: expect.stringContaining(reason) })
    expect(given.log.toString()).not.toContain('\nnever')
  })

  it('a job over its time limit ends with everything that it started', async () => {
    const given = plane.offer({
      steps: ["(trap '' TERM; setsid sh -c 'while :; do date +%N > beat; sleep 0.05; done') & sleep 1000"],
      timeoutMs: 700,
    })
    startRunner({ sandbox })
    const finish = await plane.finished(given)
    expect(finish).toMatchObject({ outcome: 'failed', reason: 'It ran longer than its limit of 700 ms' })
    expect(given.log.toString()).toContain('Ballast: It ran longer than its limit of 700 ms\n')
    expect(given).toMatchObject({ started: true, sandboxed: sandbox !== 'none' })
    expect(await processesIn(dataDir, given.offer.attempt)).toEqual([])
  })

  it('a job that is canceled ends, and its daemons with it', async () => {
    const given = plane.offer({ steps: ['setsid sleep 1000 & echo begun; sleep 1000'], leaseMs: 300 })
    startRunner({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    given.cancel = true
    expect(await plane.finished(given)).toMatchObject({ outcome: 'canceled' })
    expect(await processesIn(dataDir, given.offer.attempt)).toEqual([])
  })

  it('a job whose shim was killed is errored, and its processes are ended', async () => {
    const given = plane.offer({ steps: ['setsid sleep 1000 & echo begun; sleep 1000'] })
    startRunner({ sandbox })
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    const [attempt] = await readdir(join(dataDir, 'attempts'))
    const record = await readFile(join(dataDir, 'attempts', attempt!, 'pid'), 'latin1')
    process.kill(Number.parseInt(record, 10), 'SIGKILL')
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'errored',
      reason: expect.stringContaining('killed'),
    })
    expect(await processesIn(dataDir, given.offer.attempt)).toEqual([])
  })

  it('what a job leaves running is dead before its artifacts are taken', async () => {
    const given = plane.offer({
      steps: ["setsid sh -c 'sleep 0.3; echo changed > out.txt' >/dev/null 2>&1 &", 'echo kept > out.txt'],
      artifacts: ['out.txt'],
    })
    startRunner({ sandbox })
    const { artifacts } = await plane.finished(given)
    expect(plane.blobs.get(artifacts[0]!.digest)?.toString()).toBe('kept\n')
    expect(await processesIn(dataDir, given.offer.attempt)).toEqual([])
  })
})

describe.each(['bubblewrap', 'uid'] as const)('a job confined by %s', sandbox => {
  const it = works[sandbox] ? test : test.skip

  it('reads no secret of the runner, the operator or another job', async () => {
    await writeFile(join(dataDir, 'state.db'), 'the state of everything')
    process.env['OPERATOR_PASSWORD'] = 'hunter2-of-the-operator'
    const other = plane.offer({ steps: ['echo precious > secret.txt; echo begun; sleep 1000'] })
    startRunner({ sandbox })
    await plane.until('the other job to begin', () => other.log.includes('\nbegun'))
    const thief = plane.offer({
      steps: [
        `cat ${dataDir}/state.db`,
        `cat ${dataDir}/attempts/*/offer.json`,
        `cat ${dataDir}/attempts/*/workspace/secret.txt ${tmpdir()}/ballast-runner-*/*/workspace/secret.txt`,
        `ls ${dataDir}`,
        'for f in /proc/[0-9]*/environ; do tr "\\0" "\\n" < $f; done',
        `tr "\\0" "\\n" < /proc/${process.pid}/environ`,
        'tr "\\0" "\\n" < /proc/$PPID/environ',
        'cat /etc/shadow',
        'cat /proc/1/root/etc/shadow',
        'ls /root /home/*',
        'echo overwritten > /usr/bin/true',
        'echo done',
      ].map(step => `${step} 2>&1 || true`),
    })
    await plane.until('the thief to end', () => thief.finish !== undefined)
    const log = thief.log.toString()
    expect(log).toContain('\ndone\n')
    expect(log).not.toMatch(
      /the state of everything|\nprecious|hunter2|nobody-may-see|root:[*$!]|offer\.json\n/,
    )
    expect(
      log.match(/Permission denied|No such file|cannot open|Read-only|Can't open|nonexistent/gi)?.length ?? 0,
    ).toBeGreaterThan(6)
    expect(thief.finish?.outcome).toBe('succeeded')
  })
})

describe.each(['bubblewrap', 'uid', 'none'] as const)('a stage with %s', sandbox => {
  const it = works[sandbox] ? test : test.skip

  it('gets its input and production’s files; its result and the files it names are handed on', async () => {
    const given = plane.offer(aStage('digits'))
    startRunner({ sandbox })
    const finish = await plane.finished(given)
    expect(finish, given.log.toString()).toMatchObject({
      outcome: 'succeeded',
      result: {
        verdict: 'passed',
        summary: ['workspace is true', 'production the model in production', expect.anything()],
      },
    })
    expect(plane.blobs.has(digestOf('hello\n'))).toBe(true)
    const { summary } = finish.result as { summary: string[] }
    // Only its own loopback: nothing else to talk to.
    if (sandbox === 'bubblewrap') expect(summary[2]).toBe('networks lo')
  })

  it('that aborts is errored: a bad model costs one attempt', async () => {
    const given = plane.offer(aStage('aborts'))
    startRunner({ sandbox })
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'errored',
      exitCode: 134,
      reason: expect.stringMatching(/^The evaluate stage: ended by SIGABRT/),
    })
  })
})

function aStage(project: string): Partial<Offer> {
  const model = { name: 'model.onnx', ...plane.putBlob('the model in production') }
  const production = { versionId: 'ver_1', number: 1, config: {}, files: [model] }
  const input = {
    stage: 'evaluate' as const,
    project,
    commit: COMMIT,
    config: {},
    policyGates: [],
    production,
  }
  return { work: { kind: 'stage', input } }
}

describe('a job', () => {
  test('whose artifacts are not there fails, and the reason names them', async () => {
    const given = plane.offer({
      steps: ['mkdir dist', 'ln -s /etc/passwd dist/link.js'],
      artifacts: ['hello.txt', 'dist/*.js'],
    })
    startRunner()
    const finish = await plane.finished(given)
    expect(finish).toMatchObject({
      outcome: 'failed',
      reason: "The job ended well but made no file for 'dist/*.js'",
    })
    expect(given.log.toString()).toContain("made no file for 'dist/*.js'")
  })

  test('prints no secret, in whatever pieces it comes', async () => {
    const given = plane.offer({
      steps: ['printf s3cret-; sleep 0.2; printf "value and more\\n"; printf %s "$KEY" | base64'],
      env: { KEY: 's3cret-value' },
      secrets: ['s3cret-value'],
    })
    startRunner()
    await plane.finished(given)
    expect(given.log.toString()).toMatch(/\n\[redacted\] and more\n\[redacted\]=*\n$/)
  })

  test('is dropped when its lease was lost', async () => {
    const given = plane.offer({ steps: ['echo begun; sleep 1000'], leaseMs: 200 })
    startRunner()
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    given.lost = true
    await emptied(join(dataDir, 'attempts'))
    expect(given.finish).toBeUndefined()
    expect(await processesIn(dataDir, given.offer.attempt)).toEqual([])
  })

  test('whose inputs are damaged is errored: it was never tried', async () => {
    const { digest } = plane.putBlob('whole')
    plane.blobs.set(digest, Buffer.from('hole!'))
    const given = plane.offer({ inputs: [{ path: 'model.bin', digest, size: 5, executable: false }] })
    startRunner()
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'errored',
      reason: expect.stringContaining('model.bin'),
    })
    expect(given.started).toBe(false)
  })

  test('of a commit that another job had needs no second fetch of its source', async () => {
    const all = [1, 2, 3, 4].map(() => plane.offer({ steps: ['cat hello.txt; echo changed > hello.txt'] }))
    startRunner()
    for (const given of all) {
      await plane.finished(given)
      expect(given.log.toString()).toMatch(/\nhello\n$/)
    }
    expect(plane.sourceReads).toBe(1)
  })

  test('goes on while the control plane is away, and its log arrives whole', async () => {
    const given = plane.offer({ steps: ['for i in $(seq 1 20); do echo "line $i"; sleep 0.05; done'] })
    startRunner()
    await plane.until('a line', () => given.log.includes('line 3\n'))
    await plane.close()
    await plane.open()
    await plane.finished(given)
    expect(linesOf(given.log)).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i + 1}`))
  })

  test('is canceled when its runner is stopped', async () => {
    const given = plane.offer({ steps: ['echo begun; sleep 1000'] })
    const stop = startRunner()
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await stop()
    expect(given.finish).toMatchObject({ outcome: 'canceled', reason: 'Its runner was stopped' })
    expect(await readdir(join(dataDir, 'attempts'))).toEqual([])
  })
})

test('a second runner in the same folder is refused', async () => {
  const given = plane.offer({})
  startRunner()
  await plane.finished(given)
  const second = runnerHere({ serverUrl: plane.url, token: RUNNER_TOKEN, dataDir })
  await expect(second.ended).rejects.toMatchObject({ code: 'RUNNER_ALREADY_RUNNING' })
})

test('a runner whose token is refused says so and ends', async () => {
  const wrong = runnerHere({ serverUrl: plane.url, token: 'wrong', dataDir })
  await expect(wrong.ended).rejects.toMatchObject({
    code: 'CONTROL_PLANE_REFUSED',
    hint: expect.stringContaining('token'),
  })
})

function linesOf(log: Buffer): string[] {
  return log
    .toString()
    .split('\n')
    .filter(line => /^line \d+$/.test(line))
}

async function emptied(folder: string): Promise<void> {
  await expect.poll(() => readdir(folder), { timeout: 10_000 }).toEqual([])
}

/** Command lines of processes that still work for an attempt: by its folder, or by its mark. */
async function processesIn(folder: string, attempt: string): Promise<string[]> {
  const { readFileSync, readlinkSync } = await import('node:fs')
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(
    name => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'latin1')
      const cwd = readlinkSync(`/proc/${pid}/cwd`)
      if (environ.includes(`BALLAST_ATTEMPT=${attempt}\0`) || cwd.startsWith(folder)) {
        found.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
      }
    } catch {
      // Ended in the meantime.
    }
  }
  return found
}
