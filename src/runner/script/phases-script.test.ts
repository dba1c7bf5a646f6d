import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Phase } from '../../pipeline/index.ts'
import { jobScript, type ShellName } from './job-script.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ballast-phases-'))
  for (const name of ['workspace', 'given', 'out']) mkdirSync(join(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function aPhase(name: string, steps: readonly string[], change: Partial<Phase> = {}): Phase {
  return { name, steps, onFailure: 'stop', result: 'failed', when: 'success', freshShell: false, ...change }
}

function anAfterScript(...steps: readonly string[]): Phase {
  return aPhase('after_script', steps, { result: 'ignored', when: 'always', freshShell: true })
}

function run(shell: ShellName, phases: readonly Phase[], env: Readonly<Record<string, string>> = {}) {
  const [workspace, given, out] = ['workspace', 'given', 'out'].map(name => join(folder, name))
  const path = join(given!, 'job.sh')
  const job = { kind: 'phases', shell, phases } as const
  writeFileSync(path, jobScript({ folder: workspace!, out: out!, given: given!, env, run: job }))
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-e', path], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  })
  const decided = join(out!, 'decided')
  return {
    status,
    stderr,
    raw: stdout,
    lines: visible(stdout),
    decided: existsSync(decided) ? readFileSync(decided, 'utf8') : undefined,
  }
}

/** What a person reads: neither marks of sections nor colours, nor the commands that were told. */
function visible(stdout: string): readonly string[] {
  return stdout
    .split('\n')
    .filter(line => !line.startsWith('section_'))
    .map(line => line.replaceAll(/\x1b\[[0-9;]*[mK]/g, ''))
    .filter(line => line !== '' && !line.startsWith('$ '))
}

describe.each(['sh', 'bash'] as const)('phases by %s', shell => {
  test('run in order, in one shell unless one asks for its own', () => {
    const phases = [
      aPhase('install', ['X=1', 'cd /']),
      aPhase('script', ['echo "script $X $(pwd)"']),
      anAfterScript('echo "after [$X] $(basename "$(pwd)")"'),
    ]
    const { status, lines, stderr } = run(shell, phases)
    expect(stderr).toBe('')
    expect(lines).toEqual(['script 1 /', 'after [] workspace'])
    expect(status).toBe(0)
  })

  test.each([
    { script: ['exit 3', 'echo never'], status: 3, decided: 'failed 3 1\n', told: 'failed' },
    { script: ['false', 'echo never'], status: 1, decided: 'failed 1 1\n', told: 'failed' },
    { script: ['kill -9 $$', 'echo never'], status: 137, decided: 'failed 137 1\n', told: 'failed' },
    { script: ['exit 0', 'echo never'], status: 0, decided: undefined, told: 'success' },
    { script: ['true'], status: 0, decided: undefined, told: 'success' },
  ])('a script $script tells the phase after it: $told', ({ script, status, decided, told }) => {
    const result = run(shell, [aPhase('script', script), anAfterScript('echo "it was $CI_JOB_STATUS"')])
    expect(result).toMatchObject({ status, decided, lines: [`it was ${told}`] })
  })

  test('a failure that is ignored changes nothing', () => {
    const result = run(shell, [aPhase('script', ['true']), anAfterScript('exit 9')])
    expect(result).toMatchObject({ status: 0, decided: undefined })
  })

  test('a phase that goes on runs every step, and its first failure decides', () => {
    const script = aPhase('script', ['(exit 4)', 'echo "unclosed', '(exit 5)', 'echo last'], {
      onFailure: 'continue',
    })
    const failed = aPhase('after_failure', ['echo "failed, X=$X"'], { when: 'failure', result: 'ignored' })
    const well = aPhase('after_success', ['echo never'], { result: 'ignored' })
    const result = run(shell, [aPhase('install', ['X=1']), script, well, failed])
    expect(result).toMatchObject({ status: 4, decided: 'failed 4 2\n', lines: ['last', 'failed, X=1'] })
  })

  test('a step that exits ends a phase that goes on, and not its failure', () => {
    const script = aPhase('script', ['(exit 4)', 'exit 0', 'echo never'], { onFailure: 'continue' })
    expect(run(shell, [script])).toMatchObject({ status: 4, decided: 'failed 4 1\n', lines: [] })
  })

  test('an errored phase says so, and phases that wait for success do not run', () => {
    const result = run(shell, [
      aPhase('install', ['exit 6'], { result: 'errored' }),
      aPhase('script', ['echo never']),
      aPhase('notify', ['echo told'], { when: 'failure', result: 'failed' }),
    ])
    expect(result).toMatchObject({ status: 6, decided: 'errored 6 1\n', lines: ['told'] })
  })

  test('the first phase that decides is the one that counts', () => {
    const result = run(shell, [
      aPhase('script', ['exit 6']),
      aPhase('post', ['exit 7'], { when: 'always', result: 'errored' }),
    ])
    expect(result).toMatchObject({ status: 6, decided: 'failed 6 1\n' })
  })

  test('a job that was canceled goes on with what always runs', () => {
    const stop = join(folder, 'given', 'stop')
    const result = run(shell, [
      // As the runner does it: the file first, then the signal.
      aPhase('script', [`echo canceled > ${stop}`, 'kill -TERM $$', 'echo never']),
      aPhase('on failure', ['echo never'], { when: 'failure' }),
      anAfterScript('echo "it was $CI_JOB_STATUS"'),
    ])
    expect(result).toMatchObject({ decided: undefined, lines: ['it was canceled'] })
  })

  test('what is overwritten with care by the job is overwritten by the script all the same', () => {
    expect(run(shell, [aPhase('install', ['set -C']), aPhase('script', ['false'])])).toMatchObject({
      status: 1,
      stderr: '',
    })
  })

  test('are sections of the log', () => {
    const { raw } = run(shell, [aPhase('script', ['echo inside']), anAfterScript('exit 1')])
    const marks = [...raw.matchAll(/^section_(start|end):(\d{10,}):(\S+)\r\x1b\[0K/gm)]
    expect(marks.map(([, kind, , name]) => `${kind} ${name}`)).toEqual([
      'start step_script',
      'end step_script',
      'start after_script',
      'end after_script',
    ])
  })
})

describe('the lines of one script by bash', () => {
  test('may stand in several list items', () => {
    const steps = ['if true; then', 'echo inside', 'fi', 'echo after']
    expect(run('bash', [aPhase('script', steps)])).toMatchObject({ status: 0, lines: ['inside', 'after'] })
  })

  test('are told in green, of several lines the first', () => {
    const { raw } = run('bash', [aPhase('script', ['echo one', 'echo two\necho three\n'])])
    expect(raw).toContain('\x1b[32;1m$ echo one\x1b[0;m\none\n')
    expect(raw).toContain('\x1b[32;1m$ echo two # 1 more line\x1b[0;m\ntwo\nthree\n')
  })

  test('fail with any part of a pipe', () => {
    expect(run('bash', [aPhase('script', ['false | cat', 'echo never'])])).toMatchObject({
      status: 1,
      lines: [],
    })
  })

  test('run as far as they can be read', () => {
    const result = run('bash', [
      aPhase('script', ['echo fine', "echo 'unclosed"]),
      anAfterScript('echo after'),
    ])
    expect(result.status).not.toBe(0)
    expect(result.lines).toEqual(['fine', 'after'])
  })

  test('are traced on request', () => {
    const traced = run('bash', [aPhase('script', ['X=1', 'echo "$X"'])], { CI_DEBUG_TRACE: 'true' })
    expect(traced.stderr).toContain('+ echo 1')
    expect(run('bash', [aPhase('script', ['echo 1'])]).stderr).toBe('')
  })
})

test.each(['sh', 'bash'] as const)('files made by %s are 0644 and folders 0755', shell => {
  const { lines } = run(shell, [
    aPhase('script', ['touch a; mkdir b; stat -c %a a b']),
    anAfterScript('umask'),
  ])
  expect(lines).toEqual(['644', '755', '0022'])
})
