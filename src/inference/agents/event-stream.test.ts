import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { EventParser, followEvents, MAX_EVENT_BYTES, type ServerEvent } from './event-stream.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function parse(chunks: readonly Uint8Array[]): readonly ServerEvent[] {
  const events: ServerEvent[] = []
  const parser = new EventParser()
  for (const chunk of chunks) parser.push(chunk, event => events.push(event))
  return events
}

test('events come out the same wherever the chunks end', () => {
  const text =
    ': welcome\n\nevent: table\ndata: {"a":\ndata: "é€"}\n\ndata:plain\r\n\r\nid: 7\nevent: lease\ndata: {}\n\n: ping\n\nevent: x\n\n'
  const expected = [
    { name: 'table', data: '{"a":\n"é€"}' },
    { name: 'message', data: 'plain' },
    { name: 'lease', data: '{}' },
  ]
  const bytes = Buffer.from(text)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), cuts => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      expect(parse(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(expected)
    }),
  )
})

test('an event without an end is refused, not gathered for ever', () => {
  const parser = new EventParser()
  const chunk = Buffer.alloc(MAX_EVENT_BYTES / 8, 'x')
  expect(() => {
    for (let i = 0; i < 10; i++) parser.push(chunk, () => {})
  }).toThrow(expect.objectContaining({ code: 'CONTROL_PLANE_UNAVAILABLE' }))
})

test('a stream that breaks, is refused or falls silent is opened again', async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    response => response.writeHead(503).end(),
    response => {
      response.write('data: first\n\n', () => response.destroy())
    },
    // Open, and silent.
    response => response.writeHead(200).flushHeaders(),
    response => response.write('data: second\n\n'),
  ]
  const server = createServer((_request, response) => answers.shift()?.(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = new AbortController()
  closing.push(() => {
    stop.abort()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const events: string[] = []
  const problems: string[] = []
  void followEvents({
    url: `http://127.0.0.1:${port}/`,
    token: 'secret',
    signal: stop.signal,
    silenceMs: 300,
    onEvent: ({ data }) => events.push(data),
    onProblem: reason => problems.push(reason),
  })
  await expect.poll(() => events, { timeout: 5000 }).toEqual(['first', 'second'])
  expect(problems).toHaveLength(3)
})
