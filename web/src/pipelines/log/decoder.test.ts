import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { styleLine } from './ansi.ts'
import { bytesOfBase64, LogDecoder, type LogLine } from './decoder.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const plain = (lines: readonly LogLine[]) =>
  lines.map(({ pieces }) => pieces.map(({ text }) => text).join(''))

function decoded(pieces: readonly Uint8Array[]): readonly LogLine[] {
  const decoder = new LogDecoder()
  const lines = pieces.flatMap(piece => decoder.push(piece))
  const pending = decoder.pending()
  return pending ? [...lines, pending] : lines
}

test('wherever the bytes are cut, inside a character or an escape, the lines are the same', () => {
  const whole = bytes('plain\n压舱石 \x1b[1;33mwarn\x1b[0m ✓\n50 %\r100 %\n\x1b[38;2;1;2;3m🚢 last')
  const expected = decoded([whole])
  expect(plain(expected)).toEqual(['plain', '压舱石 warn ✓', '100 %', '🚢 last'])
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 12 }), cuts => {
      const ends = [...cuts.toSorted((a, b) => a - b), whole.length]
      expect(decoded(ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end)))).toEqual(expected)
    }),
  )
})

test('a line that has not ended yet is shown as it stands', () => {
  const decoder = new LogDecoder()
  expect(decoder.push(bytes('done\n10 %'))).toHaveLength(1)
  expect(plain([decoder.pending()!])).toEqual(['10 %'])
  expect(decoder.push(bytes('\r20 %'))).toEqual([])
  expect(plain([decoder.pending()!])).toEqual(['20 %'])
})

test('a line without an end is cut rather than held for ever', () => {
  const decoder = new LogDecoder()
  const lines = decoder.push(bytes('x'.repeat(200_000)))
  expect(lines.length).toBeGreaterThan(2)
  expect(plain([...lines, decoder.pending()!]).join('')).toHaveLength(200_000)
})

describe('sections', () => {
  const log = bytes(
    'a\nsection_start:10:build[collapsed=true]\r\x1b[0K\x1b[36mBuild\x1b[0m\n1 %\r2 %\nsection_end:12:build\r\x1b[0K\nend',
  )

  test('wherever the bytes are cut, no marker is shown, not even one that has only begun', () => {
    for (let cut = 0; cut <= log.length; cut++) {
      const decoder = new LogDecoder()
      const before = decoder.push(log.subarray(0, cut))
      const seen = [...before, decoder.pending() ?? []].flat()
      expect(plain(seen).join('\n')).not.toMatch(/section_|build/)
      const lines = [...before, ...decoder.push(log.subarray(cut)), decoder.pending()!]
      expect(plain(lines)).toEqual(['a', 'Build', '2 %', 'end'])
      expect(decoder.sections).toMatchObject([
        { name: 'build', collapsed: true, first: 1, end: 3, seconds: 2 },
      ])
    }
  })

  test('lines know where in the log they begin', () => {
    const text = new TextDecoder()
    for (let cut = 0; cut <= log.length; cut++) {
      const lines = decoded([log.subarray(0, cut), log.subarray(cut)])
      expect(lines.map(({ at }) => text.decode(log.subarray(at)).split('\n')[0])).toEqual([
        'a',
        expect.stringMatching(/^section_start/),
        '1 %\r2 %',
        'end',
      ])
    }
  })

  test('what begins within a log begins with its next line', () => {
    const decoder = new LogDecoder(100)
    expect(decoder.push(bytes('the rest of'))).toEqual([])
    const [line] = decoder.push(bytes(' a line\nnext\n'))
    expect(line).toMatchObject({ at: 119, pieces: [{ text: 'next' }] })
  })

  test('a million markers are counted to a bound', () => {
    const decoder = new LogDecoder()
    const many = bytes('section_start:1:a\r\x1b[0Kx\nsection_end:1:a\r\x1b[0K'.repeat(100_000))
    let lines = 0
    for (let i = 0; i < 10; i++) lines += decoder.push(many).length
    expect(lines).toBe(1_000_000)
    expect(decoder.sections.length).toBeLessThanOrEqual(20_000)
    decoder.drop(lines)
    expect(decoder.sections).toEqual([])
  })

  test('a line without an end is not cut through a marker', () => {
    const decoder = new LogDecoder()
    const marker = 'section_start:1:a\r\x1b[0K'
    const lines = decoder.push(bytes(`${'x'.repeat(64 * 1024 - 5)}${marker}${'y'.repeat(64 * 1024)}\n`))
    expect(plain(lines).join('')).toBe(`${'x'.repeat(64 * 1024 - 5)}${'y'.repeat(64 * 1024)}`)
  })
})

test('a line of countless colours is few elements, with all its text', () => {
  const { pieces } = styleLine('\x1b[31ma\x1b[32mb'.repeat(10_000), {})
  expect(pieces.length).toBeLessThanOrEqual(500)
  expect(pieces.map(({ text }) => text).join('')).toHaveLength(20_000)
})

test('a line that ends as Windows ends it keeps its text', () => {
  expect(plain(decoded([bytes('one\r\ntwo\r\n')]))).toEqual(['one', 'two'])
})

test('base64 is bytes again', () => {
  expect(bytesOfBase64('AP+A')).toEqual(Uint8Array.of(0, 255, 128))
})

describe('colours', () => {
  test.each([
    [
      '\x1b[31mred\x1b[0m off',
      [
        { text: 'red', style: { color: 1 } },
        { text: ' off', style: {} },
      ],
    ],
    ['\x1b[92mbright', [{ text: 'bright', style: { color: 2 } }]],
    ['\x1b[38;5;196mcube', [{ text: 'cube', style: { color: 'rgb(255 0 0)' } }]],
    ['\x1b[38;5;244mgray', [{ text: 'gray', style: { color: 'rgb(128 128 128)' } }]],
    ['\x1b[38;2;999;0;20mclamped', [{ text: 'clamped', style: { color: 'rgb(255 0 20)' } }]],
    ['\x1b[48;5;1;32mnot the ground', [{ text: 'not the ground', style: { color: 2 } }]],
    ['\x1b[1;4mb', [{ text: 'b', style: { bold: true, underline: true } }]],
  ])('%j', (line, pieces) => {
    expect(styleLine(line, {}).pieces).toEqual(pieces)
  })

  test.each([
    ['a link', '\x1b]8;;https://evil.example\x07text\x1b]8;;\x07', 'text'],
    ['a title', '\x1b]0;owned\x1b\\text', 'text'],
    ['a cleared screen', '\x1b[2J\x1b[Htext', 'text'],
    ['bells and nulls', 'te\x07\x00xt', 'text'],
    ['an escape that never ends', 'text\x1b[38;5', 'text8;5'],
  ])('%s is taken out', (_, line, text) => {
    const shown = styleLine(line, {})
      .pieces.map(piece => piece.text)
      .join('')
    expect(shown).not.toContain('\x1b')
    if (!line.endsWith('38;5')) expect(shown).toBe(text)
  })

  test('a colour lasts over the end of its line', () => {
    const [, second] = decoded([bytes('\x1b[32mfirst\nsecond')])
    expect(second?.pieces).toEqual([{ text: 'second', style: { color: 2 } }])
  })
})
