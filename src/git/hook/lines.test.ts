import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

async function read(chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = []
  for await (const line of linesOf(Readable.from(chunks))) lines.push(line)
  return lines
}

test('lines are the same however the stream is cut, in the middle of a character too', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map(text => text.replaceAll('\n', ''))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(1000)), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map(text => `${text}\n`).join(''))
      const places = [
        0,
        ...cuts.map(cut => Math.min(cut, bytes.length)).toSorted((a, b) => a - b),
        bytes.length,
      ]
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
      expect(await read(chunks.filter(chunk => chunk.length > 0))).toEqual(lines)
    }),
  )
})

test('a line without end is not collected for ever', async () => {
  await expect(read([Buffer.alloc(2000, 'x')])).rejects.toThrow('more than 1024 bytes')
})
