import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { commands } from '../../pipeline/index.ts'
import { jobScript } from './job-script.ts'
import { quote, settable } from './quote.ts'

const folder = mkdtempSync(join(tmpdir(), 'ballast-script-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(steps: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { shell, phases } = commands(steps)
  const run = { kind: 'phases', shell, phases } as const
  const script = jobScript({ folder, out: folder, given: folder, env, run })
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-e', '-c', script], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('whatever a word holds, a shell reads it back', () => {
  const words = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(words, drawn => {
      const texts = drawn.map(text => Buffer.from(text.replaceAll('\0', '')).toString())
      const read = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${texts.map(quote).join(' ')}`])
      expect(read.toString().split('\0').slice(0, -1)).toEqual(texts)
    }),
    { numRuns: 50 },
  )
})

describe('a job’s script', () => {
  test('tells each step, runs them in one shell, and begins in the workspace', () => {
    const { status, stdout } = run(['X=1', 'cd /', 'echo "$X $(pwd) $NAME"'], { NAME: `it's` })
    expect(stdout).toBe(`$ X=1\n$ cd /\n$ echo "$X $(pwd) $NAME"\n1 / it's\n`)
    expect(status).toBe(0)
    expect(existsSync(join(folder, 'begun'))).toBe(true)
  })

  test.each([
    { steps: ['true', 'exit 7', 'echo never'], status: 7 },
    { steps: ['false', 'echo never'], status: 1 },
    { steps: ['true && false', 'echo never'], status: 1 },
    { steps: ["echo 'unclosed", 'echo never'], status: 2 },
    { steps: ['if true; then', 'echo never'], status: 2 },
    { steps: ['false || true'], status: 0 },
  ])('$steps ends with $status', ({ steps, status }) => {
    const result = run(steps)
    expect(result.status).toBe(status)
    expect(result.stdout).not.toContain('\nnever')
  })

  test.each(['IFS', 'UID', 'a.b', '1A', '', 'A=B', 'A B', 'A\nB'])('does not set %j', name => {
    expect(settable(name)).toBe(false)
    expect(run(['echo fine'], { [name]: 'x; exit 9' }).stdout).toContain('\nfine\n')
  })
})
