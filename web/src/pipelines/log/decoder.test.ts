import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { styleLine } from './ansi.ts'
import { bytesOfBase64, LogDecoder, type LogLine } from './decoder.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const plain = (lines: readonly LogLine[]) => lines.map(line => line.map(({ text }) => text).join(''))

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
    expect(second).toEqual([{ text: 'second', style: { color: 2 } }])
  })
})
