import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseReader } from './response-reader.ts'

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const CHUNKS =
  'HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n\r\nworl\r\n0\r\n\r\n'
const TRAILERS = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n'
const EMPTY = 'HTTP/1.1 204 No Content\r\n\r\n'
const CONTINUED = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'

/** The statuses that come of the pieces, in turn. */
function read(reader: ResponseReader, pieces: readonly string[]): unknown[] {
  return pieces.map(piece => reader.push(Buffer.from(piece, 'latin1'))).filter(status => status !== undefined)
}

test.each([
  [LENGTH, 200],
  [CHUNKS, 503],
  [TRAILERS, 200],
  [EMPTY, 204],
  [CONTINUED, 200],
])('%j ends with %i, at whatever places it is cut, again and again', (text, status) => {
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), cuts => {
      const reader = new ResponseReader()
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = places
        .slice(1)
        .map((to, i) => text.slice(places[i], to))
        .filter(piece => piece !== '')
      for (let round = 0; round < 3; round++) expect(read(reader, pieces)).toEqual([status])
      expect(reader.keepsAlive).toBe(true)
    }),
  )
})

test('an answer without a length ends with its connection', () => {
  const reader = new ResponseReader()
  expect(read(reader, ['HTTP/1.0 200 OK\r\n\r\nabc', 'def'])).toEqual([])
  expect(reader.end()).toBe(200)
  expect(reader.keepsAlive).toBe(false)
})

test('a connection that ends within an answer is no answer', () => {
  const reader = new ResponseReader()
  expect(read(reader, ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'])).toEqual([])
  expect(reader.end()).toBeUndefined()
})

test.each([
  ['SSH-2.0-OpenSSH\r\n\r\n'],
  ['HTTP/2 200\r\n\r\n'],
  ['x'.repeat(70_000)],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno hex\r\n'],
  [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(2000)}`],
])('%.60j is no HTTP', text => {
  expect(read(new ResponseReader(), [text])).toEqual(['broken'])
})

test('a server that says close is not asked again on that connection', () => {
  const reader = new ResponseReader()
  expect(read(reader, ['HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'])).toEqual([200])
  expect(reader.keepsAlive).toBe(false)
})
