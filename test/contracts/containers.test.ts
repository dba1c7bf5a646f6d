import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detectEngine } from '../../src/runner/executors/container/engine.ts'
import { makePlaces, runScript, type ScriptJob } from '../../src/runner/index.ts'
import { containersMissing, IMAGE, openContainers } from './containers.ts'
import { aPhase, type ExecutorWorld } from './executors.ts'

const missing = await containersMissing()
if (missing !== undefined) console.warn(`skipped: containers do not work here: ${missing}`)
const { engine } = await detectEngine()

/** What containers can do beyond other executors, by a real engine. */
describe.skipIf(missing !== undefined)('jobs in real containers', () => {
  let world: ExecutorWorld
  let number = 0
  beforeAll(async () => {
    world = await openContainers()
  })
  afterAll(() => world.close())

  async function run(steps: readonly string[], change: Partial<ScriptJob> = {}) {
    const name = `att_services_${process.pid}_${++number}`
    const { root, places } = await makePlaces(world.executor, world.folder, name)
    let output = ''
    const job = { shell: 'sh', phases: [aPhase(steps)], env: {}, timeoutMs: 60_000, ...change } as const
    const onOutput = (bytes: Buffer): void => {
      output += bytes
    }
    const signal = new AbortController().signal
    try {
      const verdict = await runScript({
        executor: world.executor,
        places,
        job,
        name,
        slot: 0,
        signal,
        onOutput,
      })
      return { ...verdict, output, left: remains(name) }
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }

  /** What the engine still has of an attempt. */
  function remains(name: string): string {
    const filter = ['--filter', `label=ballast.attempt=${name}`]
    const ask = (args: readonly string[]): string =>
      execFileSync(engine!.command[0]!, [...engine!.command.slice(1), ...args, ...filter], {
        encoding: 'utf8',
      })
    return ask(['ps', '--all', '--quiet']) + ask(['network', 'ls', '--quiet'])
  }

  const WEB = {
    name: IMAGE,
    pullPolicy: [],
    aliases: ['web'],
    command: [
      'sh',
      '-c',
      'mkdir /w; echo "served with $TOLD" > /w/index.html; sleep 0.3; httpd -f -p 8080 -h /w',
    ],
    variables: { HEALTHCHECK_TCP_PORT: '8080', TOLD: 'a variable' },
  }

  test('a service is reached by its name once it listens, and is gone afterwards', async () => {
    const result = await run(['wget -qO- http://web:8080/'], { services: [WEB], env: { TOLD: 'the job’s' } })
    expect(result.outcome, result.output).toBe('succeeded')
    expect(result.output).toContain('\nserved with a variable\n')
    expect(result.left).toBe('')
  })

  test('services are gone also when the job fails', async () => {
    expect(await run(['exit 3'], { services: [WEB] })).toMatchObject({ exitCode: 3, left: '' })
  })

  test('a service that does not exist keeps the job from being tried', async () => {
    const services = [{ ...WEB, command: ['no-such-program'] }]
    await expect(run(['true'], { services })).rejects.toMatchObject({ code: 'SERVICE_FAILED' })
  })

  test('a job runs as the user that it asks for, and can write its workspace', async () => {
    const image = { name: IMAGE, pullPolicy: [], user: '1234' }
    const { outcome, output } = await run(['id -u', 'touch made', 'stat -c %u made'], { image })
    expect(outcome, output).toBe('succeeded')
    expect(output).toMatch(/\n1234\n.*\n1234\n/s)
  })

  test('an entrypoint stands before the script', async () => {
    const image = { name: IMAGE, pullPolicy: [], entrypoint: ['/bin/env', 'WRAPPED=yes'] }
    expect((await run(['echo "wrapped: $WRAPPED"'], { image })).output).toContain('\nwrapped: yes\n')
  })

  test('an image that is nowhere is told', async () => {
    const image = { name: 'localhost/ballast-nowhere:1', pullPolicy: ['never'] as const }
    await expect(run(['true'], { image })).rejects.toMatchObject({ code: 'IMAGE_UNAVAILABLE' })
  })
})
