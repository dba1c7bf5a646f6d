import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadAndTail } from './trim.ts'

function trimmed(text: string, limits: { head: number; tail: number }, cuts: readonly number[]): string {
  const trim = new HeadAndTail(limits)
  const bytes = Buffer.from(text, 'latin1')
  const places = [0, ...cuts.filter(cut => cut <= bytes.length).sort((a, b) => a - b), bytes.length]
  const pieces = places.slice(1).map((end, i) => trim.push(bytes.subarray(places[i], end)))
  return Buffer.concat([...pieces, trim.end()]).toString('latin1')
}

const text = fc.array(fc.constantFrom('a', 'b', '\n'), { maxLength: 80 }).map(all => all.join(''))
const limits = fc.record({ head: fc.nat(30), tail: fc.integer({ min: 1, max: 30 }) })

test('the same stream gives the same bytes, however it is cut', () => {
  fc.assert(
    fc.property(text, limits, fc.array(fc.nat(80), { maxLength: 8 }), (text, limits, cuts) => {
      expect(trimmed(text, limits, cuts)).toBe(trimmed(text, limits, []))
    }),
    { numRuns: 1000 },
  )
})

test('a stream within both limits loses nothing, a longer one keeps its head and a tail that begins a line', () => {
  fc.assert(
    fc.property(text, limits, (text, { head, tail }) => {
      const all = trimmed(text, { head, tail }, [])
      if (text.length <= head) {
        expect(all).toBe(text)
        return
      }
      expect(all.startsWith(`${text.slice(0, head)}\x1b[0m\n[The log is longer than `)).toBe(true)
      const end = all.slice(all.lastIndexOf(']\n') + 2)
      if (text.length <= head + tail) expect(end).toBe(text.slice(head))
      else {
        expect(all).toContain('of the log were left out here]')
        const last = text.slice(-tail)
        expect(end).toBe(last.includes('\n') ? last.slice(last.indexOf('\n') + 1) : last)
      }
    }),
    { numRuns: 1000 },
  )
})
