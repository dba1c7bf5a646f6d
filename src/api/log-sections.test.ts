import { describe, expect, test } from 'vitest'
import { logPieces, outlineLog } from './log-sections.ts'

const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\x1b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`

// https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
describe('section markers', () => {
  test.each([
    ['plain text', [{ kind: 'text', text: 'plain text' }]],
    [
      `${start('my.first_section-1', 1560896352)}Header`,
      [
        { kind: 'start', name: 'my.first_section-1', at: 1560896352, collapsed: false },
        { kind: 'text', text: 'Header' },
      ],
    ],
    [
      `${end('a', 5)}${start('b', 6, '[collapsed=true]')}`,
      [
        { kind: 'end', name: 'a', at: 5 },
        { kind: 'start', name: 'b', at: 6, collapsed: true },
      ],
    ],
    ['section_start:now:a\r\x1b[0K', [{ kind: 'text', text: 'section_start:now:a\r\x1b[0K' }]],
    ['section_start:1:a', [{ kind: 'text', text: 'section_start:1:a' }]],
    ['section_start:1:a b\r\x1b[0K', [{ kind: 'text', text: 'section_start:1:a b\r\x1b[0K' }]],
    ['', []],
  ])('%j', (text, pieces) => {
    expect(logPieces(text)).toEqual(pieces)
  })
})

describe('an outline', () => {
  test('has lines without markers, and nested sections with their time', () => {
    const log = [
      'before',
      `${start('script', 10)}\x1b[36;1m$ make\x1b[0;m`,
      'building',
      `${start('tests', 12, '[collapsed=true]')}Tests`,
      'ok',
      end('tests', 15),
      'done',
      `${end('script', 20)}${start('after', 20)}Cleaning up`,
      'bye',
    ].join('\n')
    const { lines, sections } = outlineLog(log)
    expect(lines).toEqual([
      'before',
      '\x1b[36;1m$ make\x1b[0;m',
      'building',
      'Tests',
      'ok',
      'done',
      'Cleaning up',
      'bye',
    ])
    expect(sections).toEqual([
      {
        name: 'script',
        header: '\x1b[36;1m$ make\x1b[0;m',
        collapsed: false,
        depth: 0,
        first: 1,
        end: 6,
        seconds: 10,
      },
      { name: 'tests', header: 'Tests', collapsed: true, depth: 1, first: 3, end: 5, seconds: 3 },
      { name: 'after', header: 'Cleaning up', collapsed: false, depth: 0, first: 6 },
    ])
  })

  test('closes what is open within, and passes over ends without a start', () => {
    const { sections } = outlineLog(
      [end('x', 1), start('a', 1), start('b', 2), end('a', 3), end('b', 4)].join('\n'),
    )
    expect(sections).toMatchObject([
      { name: 'a', end: 0, seconds: 2 },
      { name: 'b', end: 0, seconds: 1 },
    ])
  })

  test('of thousands of sections in each other ends, and keeps every line', () => {
    const log = Array.from({ length: 5000 }, (_, i) => `${start(`s${i}`, i)}${i}`).join('\n')
    const { lines, sections } = outlineLog(log)
    expect(lines).toHaveLength(5000)
    expect(Math.max(...sections.map(({ depth }) => depth))).toBe(31)
  })
})
