import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogSection, outlineLog } from '../../../../src/api/log-sections.ts'
import { type LogRow, rowsOf } from './rows.ts'

const start = (name: string, title = name) => `section_start:10:${name}\r\x1b[0K${title}`
const end = (name: string) => `section_end:12:${name}\r\x1b[0K`

/** A line of the log as its text, a section as `- name` when it is open and `+ name` when it is closed. */
function shown(text: string, closed: readonly string[] = [], dropped = 0): string[] {
  const { lines, sections } = outlineLog(text)
  const rows = rowsOf(sections, dropped, lines.length, ({ name }) => !closed.includes(name))
  return Array.from({ length: rows.count }, (_, index) => {
    const row = rows.at(index)
    if (row.kind === 'line') return lines[row.line]!
    const header = row.line === undefined ? '' : `: ${lines[row.line]}`
    return `${row.isOpen ? '-' : '+'} ${row.section.name}${header}`
  })
}

const log = [
  'before',
  start('get', 'Getting sources'),
  'fetching',
  end('get') + start('script', '$ make'),
  'building',
  start('tests', 'Tests'),
  'ok',
  end('tests'),
  'done',
  end('script'),
  'after',
].join('\n')

describe('rows of a log', () => {
  test.each([
    {
      closed: [],
      rows: [
        'before',
        '- get: Getting sources',
        'fetching',
        '- script: $ make',
        'building',
        '- tests: Tests',
        'ok',
        'done',
        'after',
      ],
    },
    {
      closed: ['tests'],
      rows: [
        'before',
        '- get: Getting sources',
        'fetching',
        '- script: $ make',
        'building',
        '+ tests: Tests',
        'done',
        'after',
      ],
    },
    {
      closed: ['script', 'tests'],
      rows: ['before', '- get: Getting sources', 'fetching', '+ script: $ make', 'after'],
    },
  ])('with $closed closed', ({ closed, rows }) => {
    expect(shown(log, closed)).toEqual(rows)
  })

  test('a section without a header of its own has its name for one', () => {
    expect(shown(`${start('build', '')}\none\n${end('build')}\ntwo`)).toEqual(['- build', 'one', 'two'])
    expect(shown(`${start('build', '')}\none\n${end('build')}\ntwo`, ['build'])).toEqual(['+ build', 'two'])
  })

  test('two that begin on one line are two rows; one that also ends on it is none', () => {
    expect(shown(`${start('a', '')}${start('b', 'both')}\none`)).toEqual(['- a: both', '- b', 'one'])
    expect(shown(`${start('a', 'whole')}${end('a')}\none`)).toEqual(['whole', 'one'])
  })

  test('one that has not ended is closed up to the end', () => {
    expect(shown(`${start('a')}\none\ntwo`, ['a'])).toEqual(['+ a: a'])
  })

  test('lines that are no longer held have no rows', () => {
    expect(shown(log, [], 6)).toEqual(['- script', '- tests', 'ok', 'done', 'after'])
  })
})

test('whatever is opened and closed, each line is shown once at most, in order, and no marker is', () => {
  const line = fc.oneof(
    fc.constant('text'),
    fc.constantFrom('a', 'b', 'c').map(name => start(name)),
    fc.constantFrom('a', 'b', 'c').map(name => start(name, '')),
    fc.constantFrom('a', 'b', 'c').map(end),
  )
  fc.assert(
    fc.property(fc.array(line), fc.subarray(['a', 'b', 'c']), fc.nat(5), (text, closed, dropped) => {
      const { lines, sections } = outlineLog(text.join('\n'))
      expect(lines.join('\n')).not.toContain('section_')
      const rows = rowsOf(sections, Math.min(dropped, lines.length), lines.length, ({ name }) =>
        closed.every(each => each !== name),
      )
      const all = Array.from({ length: rows.count }, (_, index): LogRow => rows.at(index))
      const told = all.flatMap(row => row.line ?? [])
      expect(told).toEqual([...new Set(told)].toSorted((a, b) => a - b))
      if (closed.length === 0) expect(told).toHaveLength(lines.length - Math.min(dropped, lines.length))
    }),
  )
})

test('a million lines in thousands of sections cost what the sections do', () => {
  const sections = Array.from(
    { length: 10_000 },
    (_, i): LogSection => ({
      name: 's',
      header: 'h',
      collapsed: true,
      depth: 0,
      first: i * 100,
      end: i * 100 + 50,
    }),
  )
  const rows = rowsOf(sections, 0, 1_000_000, ({ collapsed }) => !collapsed)
  expect(rows.count).toBe(10_000 * 51)
  expect(rows.at(51)).toMatchObject({ kind: 'section', line: 100 })
  expect(rows.at(rows.count - 1)).toEqual({ kind: 'line', line: 999_999 })
})
