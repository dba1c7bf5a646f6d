import { expect, test } from 'vitest'
import { type LogTimes, logTimeAt } from '../../api/index.ts'
import { StampedLines } from './log-lines.ts'

const NOON = Date.UTC(2026, 2, 1, 12)
const times: LogTimes = [
  [0, NOON],
  [8, NOON + 250],
]

test.each([
  [-1, undefined],
  [0, NOON],
  [7, NOON],
  [8, NOON + 250],
  [10_000, NOON + 250],
])('the byte at %i came at %j', (offset, time) => {
  expect(logTimeAt(times, offset)).toBe(time)
})

test('lines have the time of their first byte, however they come, and no markers', () => {
  const log = 'one\ntwo\nthree\nsection_end:1:a\r\x1b[0K\nsection_start:2:b\r\x1b[0KHead\n\nlast'
  for (const size of [1, 5, log.length]) {
    const lines = new StampedLines(0, at => logTimeAt(times, at))
    let out = ''
    for (let at = 0; at < log.length; at += size) out += lines.push(Buffer.from(log.slice(at, at + size)))
    out += lines.end()
    expect(out).toBe(
      [
        '2026-03-01T12:00:00.000Z one',
        '2026-03-01T12:00:00.000Z two',
        '2026-03-01T12:00:00.250Z three',
        '2026-03-01T12:00:00.250Z Head',
        '2026-03-01T12:00:00.250Z ',
        '2026-03-01T12:00:00.250Z last',
        '',
      ].join('\n'),
    )
  }
})

test('without a time the column is empty', () => {
  const lines = new StampedLines(0, () => undefined)
  expect(lines.push(Buffer.from('one\n'))).toBe(`${' '.repeat(24)} one\n`)
})
