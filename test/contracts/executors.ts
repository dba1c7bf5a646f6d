import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Executor, makePlaces, type Places, runScript, type ScriptJob } from '../../src/runner/index.ts'

/** An executor under test. */
export interface ExecutorWorld {
  readonly executor: Executor
  readonly folder: string
  close(): Promise<void>
}

/** What it can do here; what it can't, it must refuse. */
export interface Abilities {
  readonly confines: boolean
}

type Phase = ScriptJob['phases'][number]

export function aPhase(steps: readonly string[], change: Partial<Phase> = {}): Phase {
  return {
    name: 'script',
    steps,
    onFailure: 'stop',
    result: 'failed',
    when: 'success',
    freshShell: false,
    ...change,
  }
}

export function anAfterScript(steps: readonly string[], change: Partial<Phase> = {}): Phase {
  const rules = { result: 'ignored', when: 'always', freshShell: true } as const
  return aPhase(steps, { name: 'after_script', ...rules, ...change })
}

/** What every executor keeps to. */
export function describeExecutor(
  name: string,
  openWorld: () => Promise<ExecutorWorld>,
  can: Abilities,
): void {
  describe(`executor: ${name}`, () => {
    let world: ExecutorWorld
    let number = 0
    beforeAll(async () => {
      world = await openWorld()
    })
    afterAll(() => world?.close())

    /** Runs a job to its end; `watch` sees its output as it comes. */
    async function run(
      work: readonly string[] | readonly Phase[],
      change: Partial<ScriptJob> = {},
      watch: (text: string, cancel: () => void, places: Places) => void = () => undefined,
    ) {
      const attempt = `att_contract_${process.pid}_${++number}`
      const { root, places } = await makePlaces(world.executor, world.folder, attempt)
      const cancel = new AbortController()
      let output = Buffer.alloc(0)
      const job: ScriptJob = {
        shell: 'sh',
        phases: isPhases(work) ? work : [aPhase(work)],
        env: {},
        timeoutMs: 60_000,
        ...change,
      }
      try {
        const verdict = await runScript({
          executor: world.executor,
          places,
          job,
          name: attempt,
          slot: 3,
          signal: cancel.signal,
          onOutput: bytes => {
            output = Buffer.concat([output, bytes])
            watch(output.toString(), () => cancel.abort(), places)
          },
          sections: false,
        })
        return { ...verdict, output: output.toString(), alive: processesOf(attempt), places }
      } finally {
        await rm(root, { recursive: true, force: true })
      }
    }

    test.each([
      { steps: ['true'], outcome: 'succeeded', exitCode: 0 },
      { steps: ['exit 3', 'echo never'], outcome: 'failed', exitCode: 3, cause: 'script' },
      { steps: ['exit 255'], outcome: 'failed', exitCode: 255, cause: 'script' },
      { steps: ['sh -c \'kill -9 "$$"\''], outcome: 'failed', exitCode: 137, cause: 'script' },
      { steps: ['sh -c \'kill -TERM "$$"\''], outcome: 'failed', exitCode: 143, cause: 'script' },
      { steps: ['no-such-program-anywhere'], outcome: 'failed', exitCode: 127, cause: 'script' },
    ])('$steps ends $outcome with $exitCode', async ({ steps, ...verdict }) => {
      const result = await run(steps)
      expect(result, result.output).toMatchObject(verdict)
      expect(result.output).not.toContain('\nnever')
    })

    test('the first phase that decides gives the verdict, and the others are told', async () => {
      const after = anAfterScript(['echo "it was $CI_JOB_STATUS"', 'exit 9'])
      const result = await run([aPhase(['exit 6']), after])
      expect(result).toMatchObject({ outcome: 'failed', exitCode: 6, cause: 'script' })
      expect(result.output).toContain('\nit was failed\n')
      expect(await run([aPhase(['true']), after])).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
    })

    test('begins in the workspace, with home and a folder for temporary files that it can write', async () => {
      const steps = [
        'pwd',
        'echo "$BALLAST_WORKSPACE"',
        'touch "$HOME/a" "$TMPDIR/b" c',
        'ls "$HOME" "$TMPDIR"',
      ]
      const { output, outcome } = await run(steps)
      expect(outcome, output).toBe('succeeded')
      const [folder, workspace] = visible(output)
      expect(folder).toBe(workspace)
      expect(visible(output)).toEqual(expect.arrayContaining(['a', 'b']))
    })

    test('a variable may hold the place of the workspace', async () => {
      const env = { CI_PROJECT_DIR: '/workspace-of-the-job', DIST: '/workspace-of-the-job/dist' }
      const { output } = await run(['test "$CI_PROJECT_DIR" = "$(pwd)"', 'test "$DIST" = "$(pwd)/dist"'], {
        env,
      })
      expect(output).not.toContain('/workspace-of-the-job\n')
      expect((await run(['test "$DIST" = "$(pwd)/dist"'], { env })).outcome, output).toBe('succeeded')
    })

    test('the environment is what the job asked for, and nothing of ours', async () => {
      process.env['OPERATOR_PASSWORD'] = 'hunter2-of-the-operator'
      const env = { GREETING: `it's "här" ☃`, LINES_OF: 'two\nlines', DOLLAR: '$HOME `id`' }
      const { output } = await run(['env', 'printf "[%s]\\n" "$GREETING" "$LINES_OF" "$DOLLAR"'], { env })
      expect(output).toContain(`\n[it's "här" ☃]\n[two\nlines]\n[$HOME \`id\`]\n`)
      expect(output).toContain('\nCI=true\n')
      expect(output).not.toMatch(/OPERATOR_PASSWORD|hunter2|VITEST|NODE_ENV/)
    })

    test('a file variable is the path of a file that holds it', async () => {
      const files = { KEY_FILE: 'line one\nline two' }
      const { output, outcome } = await run(['cat "$KEY_FILE"', 'test ! -e "$(dirname "$KEY_FILE")/../x"'], {
        files,
      })
      expect(outcome, output).toBe('succeeded')
      expect(output).toContain('\nline one\nline two')
    })

    test('standard input is at its end', async () => {
      const { output, outcome } = await run(['cat', 'if read -r line; then exit 9; fi', 'echo done'])
      expect(outcome, output).toBe('succeeded')
    })

    test('the umask is the executor’s', async () => {
      const { output } = await run(['umask'])
      expect(visible(output)).toEqual([world.executor.umask ?? '0022'])
    })

    test('output comes whole and in its order, whatever bytes it has', async () => {
      const count = 40_000
      const loud = `i=0; while [ $i -lt ${count} ]; do echo "line $i"; echo "also $i" >&2; i=$((i + 1)); done`
      const { output } = await run([loud, "printf 'snow \\342\\230\\203 man\\n'"])
      const lines = output.split('\n').filter(line => /^(line|also) \d+$/.test(line))
      expect(lines).toHaveLength(2 * count)
      expect(lines.every((line, n) => line === `${n % 2 ? 'also' : 'line'} ${Math.floor(n / 2)}`)).toBe(true)
      expect(output).toContain('\nsnow ☃ man\n')
    })

    test('nothing that it started is alive at the end', async () => {
      const daemon = `setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.05; done' > /dev/null 2>&1 < /dev/null &`
      const { outcome, alive } = await run([daemon, 'sleep 1000 &', 'echo done'])
      expect(outcome).toBe('succeeded')
      expect(alive).toEqual([])
    })

    test('a job over its limit ends, though it does not want to', async () => {
      const stubborn = ["trap '' TERM", 'while :; do sleep 0.05; done']
      const result = await run(stubborn, { timeoutMs: 700 })
      expect(result).toMatchObject({
        outcome: 'failed',
        cause: 'timeout',
        reason: expect.stringContaining('700 ms'),
      })
      expect(result.alive).toEqual([])
    })

    test('a phase over its limit ends, and the next is told', async () => {
      const phases = [
        aPhase(['sleep 1000'], { timeout: 700 }),
        anAfterScript(['echo "it was $CI_JOB_STATUS"']),
      ]
      const result = await run(phases)
      expect(result).toMatchObject({
        outcome: 'failed',
        cause: 'timeout',
        reason: expect.stringContaining('script'),
      })
      expect(result.output).toContain('\nit was failed\n')
      expect(result.alive).toEqual([])
    })

    test('an after_script over its limit changes nothing', async () => {
      const result = await run([aPhase(['true']), anAfterScript(['sleep 1000'], { timeout: 700 })])
      expect(result).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
      expect(result.alive).toEqual([])
    })

    test('a job that is canceled ends with all that it started, and runs its after_script', async () => {
      const script = aPhase([
        "setsid sh -c 'while :; do sleep 0.05; done' &",
        'echo begun; sleep 1000',
        'echo never',
      ])
      const after = anAfterScript(['sleep 0.3', 'echo "it was $CI_JOB_STATUS"'])
      const result = await run([script, after], {}, (output, cancel) => {
        if (output.includes('\nbegun')) cancel()
      })
      expect(result.outcome).toBe('canceled')
      expect(result.output).toContain('\nit was canceled\n')
      expect(result.output).not.toContain('\nnever')
      expect(result.alive).toEqual([])
    })

    test('a job of one phase that is canceled ends', async () => {
      const result = await run(['echo begun; sleep 1000'], {}, (output, cancel) => {
        if (output.includes('\nbegun')) cancel()
      })
      expect(result).toMatchObject({ outcome: 'canceled', alive: [] })
    })

    test('files of the workspace are the runner’s to read afterwards', async () => {
      let seen = ''
      await run(['echo made > made.txt', 'echo told; sleep 0.2'], {}, (output, _cancel, { workspace }) => {
        if (output.includes('\ntold')) seen = readFileSync(join(workspace, 'made.txt'), 'utf8')
      })
      expect(seen).toBe('made\n')
    })

    if (can.confines) describeConfinement(run)
    else describeNoConfinement(run)
  })
}

type Run = (
  work: readonly string[],
  change?: Partial<ScriptJob>,
) => Promise<{ readonly outcome: string; readonly output: string }>

function describeConfinement(run: Run): void {
  test('a job without a network has only itself to talk to', async () => {
    const { output } = await run(['cat /proc/net/dev'], { network: false })
    expect(output.match(/^\s*[\w.@-]+:/gm)?.map(line => line.trim())).toEqual(['lo:'])
  })

  test('a read-only root leaves the job its own places', async () => {
    const outside = ['/', '/usr', '/etc', '/var', '/opt'].map(
      folder => `if touch ${folder}/ballast-was-here 2> /dev/null; then echo "wrote ${folder}"; fi`,
    )
    const { output, outcome } = await run([...outside, 'touch a "$HOME/b" "$TMPDIR/c"'], {
      readOnlyRoot: true,
    })
    expect(outcome, output).toBe('succeeded')
    expect(output).not.toContain('\nwrote')
  })

  test('the machine’s own files can’t be written', async () => {
    const path = `/usr/local/bin/ballast-contract-${process.pid}`
    await run([`echo planted > ${path} || true`])
    expect(() => statSync(path)).toThrow()
  })

  test('what only the operator may read is not there', async () => {
    const path = `/root/ballast-contract-${process.pid}`
    try {
      writeFileSync(path, 'precious', { mode: 0o600 })
    } catch {
      // Not root: then /etc/shadow alone.
    }
    const { output } = await run([`cat ${path} || true`, 'cat /etc/shadow || true'])
    expect(output).not.toMatch(/^precious|root:[*$!]\d/m)
    await rm(path, { force: true })
  })
}

function describeNoConfinement(run: Run): void {
  test.each([{ network: false }, { readOnlyRoot: true }])('refuses %j, which it can’t give', async ask => {
    await expect(run(['true'], ask)).rejects.toMatchObject({ code: 'CONFINEMENT_UNSUPPORTED' })
  })
}

function isPhases(work: readonly string[] | readonly Phase[]): work is readonly Phase[] {
  return typeof work[0] === 'object'
}

/** What the job itself printed. */
function visible(output: string): readonly string[] {
  return output.split('\n').filter(line => line !== '' && !line.startsWith('$ '))
}

/** Command lines of processes that carry an attempt's mark. */
function processesOf(attempt: string): readonly string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(pid => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        if (!environment.includes(`BALLAST_ATTEMPT=${attempt}\0`)) return []
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')]
      } catch {
        return []
      }
    })
}
