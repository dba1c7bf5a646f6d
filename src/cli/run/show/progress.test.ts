import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../engine/events.ts'
import { aSummary, plainly } from '../testing.ts'
import { LiveProgress } from './live.ts'
import { jsonProgress, plainProgress, printable } from './plain.ts'

const STORY: readonly RunEvent[] = [
  { kind: 'pipeline-started', pipeline: '', jobs: 2 },
  { kind: 'job-started', job: 'build', try: 1 },
  { kind: 'job-output', job: 'build', line: 'compiling' },
  { kind: 'job-started', job: 'lint', try: 1 },
  { kind: 'job-output', job: 'lint', line: 'warning' },
  { kind: 'job-note', job: 'lint', text: 'exit code 1; tried again' },
  { kind: 'job-ended', job: aSummary('build', { durationMs: 1500 }) },
  { kind: 'job-ended', job: aSummary('lint', { state: 'failed', reason: 'exit code 1' }) },
]

function written(quiet: boolean): string[] {
  const lines: string[] = []
  const tell = plainProgress({ write: text => lines.push(text), paint: plainly, quiet })
  for (const event of STORY) tell(event)
  return lines.join('').split('\n').slice(0, -1)
}

describe('on no terminal', () => {
  test('each line has the name of its job before it', () => {
    expect(written(false)).toEqual([
      'build | compiling',
      'lint  | warning',
      'lint  * exit code 1; tried again',
      '✓ build  1.5 s',
      '✗ lint  1.0 s  failed  exit code 1',
    ])
  })

  test('quietly, only what came of each job is told', () => {
    expect(written(true)).toEqual(['✓ build  1.5 s', '✗ lint  1.0 s  failed  exit code 1'])
  })

  test('for machines, each event is a line of JSON', () => {
    const lines: string[] = []
    const tell = jsonProgress(text => lines.push(text))
    for (const event of STORY) tell(event)
    expect(lines.map(line => JSON.parse(line))).toEqual(STORY)
    expect(lines.every(line => line.indexOf('\n') === line.length - 1)).toBe(true)
  })
})

test.each([
  ['plain', 'plain'],
  ['\u001b[32mgreen\u001b[0m', '\u001b[32mgreen\u001b[0m\u001b[0m'],
  ['\u001b[2J\u001b[1;1Hgone', 'gone'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;http://x\u001b\\link', 'link'],
  ['evil\u202egpj', 'evilgpj'],
  ['a\u001b', 'a'],
])('%j of a job is printed as %j', (line, shown) => {
  expect(printable(line)).toBe(shown)
})

describe('on a terminal', () => {
  function aTerminal(columns = 60, rows = 20) {
    const screen: string[] = []
    let now = 0
    const live = new LiveProgress({
      write: text => screen.push(text),
      columns: () => columns,
      rows: () => rows,
      paint: plainly,
      now: () => now,
    })
    return { screen, live, at: (time: number) => (now = time) }
  }

  test('each running job has a line with its time and its last output', () => {
    const { screen, live, at } = aTerminal()
    for (const event of STORY.slice(0, 5)) live.tell(event)
    at(2100)
    live.draw()
    live.end()
    expect(screen[0]!.split('\n').slice(0, 3)).toEqual([
      '⠙ build  2.1 s  compiling',
      '⠙ lint  2.1 s  warning',
      '0 of 2 jobs',
    ])
  })

  test('a job that ended scrolls by above those that run', () => {
    const { screen, live } = aTerminal()
    for (const event of STORY.slice(0, 4)) live.tell(event)
    live.draw()
    live.tell(STORY[6]!)
    live.draw()
    live.end()
    expect(screen[1]).toBe('\u001b[3A\u001b[J✓ build  1.5 s\n⠹ lint  0.00 s\n1 of 2 jobs\n')
    expect(screen.at(-1)).toBe('\u001b[2A\u001b[J')
  })

  test('no line is wider than the terminal, and no more lines than it has room for', () => {
    const { screen, live } = aTerminal(30, 6)
    live.tell({ kind: 'pipeline-started', pipeline: '', jobs: 9 })
    for (let n = 0; n < 9; n++) {
      live.tell({ kind: 'job-started', job: `job-${n}`, try: 1 })
      live.tell({ kind: 'job-output', job: `job-${n}`, line: 'x'.repeat(200) })
    }
    live.draw()
    live.end()
    const lines = screen[0]!.split('\n').slice(0, -1)
    expect(lines).toHaveLength(4)
    expect(lines.every(line => line.length <= 30)).toBe(true)
    expect(lines.at(-1)).toBe('0 of 9 jobs, 6 more running')
  })
})
