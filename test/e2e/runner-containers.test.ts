import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Offer } from '../../src/api/index.ts'
import { detectEngine } from '../../src/runner/executors/container/engine.ts'
import { prefixOf } from '../../src/runner/executors/container/names.ts'
import { containersMissing, IMAGE } from '../contracts/containers.ts'
import { FakeControlPlane } from './runner-world/control-plane.ts'
import { RunnerProcesses } from './runner-world/processes.ts'

const missing = await containersMissing()
if (missing !== undefined) console.warn(`skipped: containers do not work here: ${missing}`)
const { engine } = await detectEngine()

const SOURCE = [
  { path: 'hello.txt', content: 'hello\n' },
  { path: 'bin/greet.sh', content: '#!/bin/sh\necho "greetings from $(pwd)"\n', mode: 0o755 },
]
let plane: FakeControlPlane
let dataDir: string
let runners: RunnerProcesses

beforeEach(async () => {
  plane = await new FakeControlPlane(SOURCE).open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-containers-test-'))
  runners = new RunnerProcesses({ serverUrl: plane.url, dataDir, concurrency: 2, executor: 'auto' })
})
afterEach(async () => {
  await runners.stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** What the engine has of this runner. */
function remains(): string {
  const [program, ...before] = engine!.command
  const filter = ['--filter', `label=ballast.runner=${prefixOf(dataDir)}`]
  return [
    ['ps', '--all', '--quiet'],
    ['network', 'ls', '--quiet'],
  ]
    .map(list => execFileSync(program!, [...before, ...list, ...filter], { encoding: 'utf8' }))
    .join('')
}

const image: NonNullable<Offer['image']> = { name: IMAGE, pullPolicy: ['never'] }
const service: NonNullable<Offer['services']>[number] = {
  ...image,
  aliases: ['web'],
  command: ['sh', '-c', 'mkdir /w; echo served > /w/index.html; httpd -f -p 8080 -h /w'],
  variables: { HEALTHCHECK_TCP_PORT: '8080' },
}

describe.skipIf(missing !== undefined)('a runner with a container engine', () => {
  test('runs a job over the commit in its image, with its services, and keeps its artifacts', async () => {
    const given = plane.offer({
      steps: [
        './bin/greet.sh',
        'wget -qO out.txt http://web:8080/',
        'stat -c %a hello.txt',
        'ls /bin/busybox',
      ],
      artifacts: ['out.txt'],
      image,
      services: [service],
    })
    await runners.start()
    const finish = await plane.finished(given)
    expect(finish, given.log.toString()).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
    expect(given.log.toString()).toContain('\ngreetings from /workspace\n')
    // As GitLab has it: whatever user the image has may write.
    expect(given.log.toString()).toContain('\n666\n')
    expect(plane.blobs.get(finish.artifacts[0]!.digest)?.toString()).toBe('served\n')
    expect(given.sandboxed).toBe(true)
    expect(remains()).toBe('')
    expect(plane.leases[0]).toMatchObject({ images: true })
  })

  test('runs a job without an image as a process', async () => {
    const given = plane.offer({ steps: ['echo "in $BALLAST_WORKSPACE"'] })
    await runners.start()
    await plane.finished(given)
    expect(given.log.toString()).toContain(`\nin ${dataDir}`)
  })

  test('that is killed leaves its containers to the next, which removes what nobody needs', async () => {
    const given = plane.offer({
      steps: ['echo begun; sleep 1.5; wget -qO- http://web:8080/; exit 7'],
      image,
      services: [service],
    })
    const first = await runners.start()
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    await runners.end(first, 'SIGKILL')
    const [program, ...before] = engine!.command
    const prefix = prefixOf(dataDir)
    const labels = ['--label', `ballast.runner=${prefix}`, '--name', `${prefix}att_gone`]
    execFileSync(program!, [
      ...before,
      'run',
      '--detach',
      '--network',
      'none',
      ...labels,
      IMAGE,
      'sleep',
      '1000',
    ])
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({ outcome: 'failed', exitCode: 7 })
    expect(given.log.toString()).toContain('\nserved\n')
    expect(remains()).toBe('')
  })

  test('ends a job that is canceled, with everything beside it', async () => {
    const given = plane.offer({
      steps: ['echo begun; sleep 1000'],
      image,
      services: [service],
      leaseMs: 300,
    })
    await runners.start()
    await plane.until('the job to begin', () => given.log.includes('\nbegun'))
    given.cancel = true
    expect(await plane.finished(given)).toMatchObject({ outcome: 'canceled' })
    expect(remains()).toBe('')
  })

  test('errs a job whose image is nowhere', async () => {
    const given = plane.offer({ image: { name: 'localhost/ballast-nowhere:1', pullPolicy: ['never'] } })
    await runners.start()
    expect(await plane.finished(given)).toMatchObject({
      outcome: 'errored',
      cause: 'setup',
      reason: expect.stringContaining('localhost/ballast-nowhere:1'),
    })
  })
})
