import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openUrl } from './http-source.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

/** A server, and what it was asked. */
async function serve(answer: Answer): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const DATA = Buffer.alloc(1_500_000)
for (let at = 0; at < DATA.length; at++) DATA[at] = (at * 31 + (at >> 8)) & 255

/** What a well-behaved server answers with. */
function ranged(data: Buffer, headers: Record<string, string> = { etag: '"one"' }): Answer {
  return (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!
    const end = Math.min(Number(to), data.length - 1)
    if (data.length === 0) return response.writeHead(416, { 'content-range': 'bytes */0' }).end()
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${end}/${data.length}` })
    return response.end(data.subarray(Number(from), end + 1))
  }
}

const patient = { wait: async () => undefined }

test('ranges of it are read, wherever they lie', async () => {
  const { url } = await serve(ranged(DATA))
  const source = await openUrl(`${url}/model.bin?token=secret`)
  expect(source).toMatchObject({ size: DATA.length, name: `${url}/model.bin` })
  for (const [offset, length] of [
    [0, 10],
    [65_530, 20],
    [1_400_000, 100_000],
    [3, 0],
    [200_000, 700_000],
    [0, 1_500_000],
    [1_499_999, 1],
  ] as const)
    expect(Buffer.compare(await source.read(offset, length), DATA.subarray(offset, offset + length))).toBe(0)
  await expect(source.read(1_499_999, 2)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  await expect(source.read(-1, 2)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  await source.close()
})

test('many small reads are few requests', async () => {
  const { url, asked } = await serve(ranged(DATA))
  const source = await openUrl(url)
  for (let at = 0; at + 100 <= DATA.length; at += 100) await source.read(at, 100)
  expect(asked.length).toBeLessThan(8)
})

test('parallel reads of one place are one request', async () => {
  const { url, asked } = await serve(ranged(DATA))
  const source = await openUrl(url)
  await Promise.all([1, 2, 3, 4].map(place => source.read(700_000 + place, 10)))
  expect(asked.length).toBe(2)
})

test('a file above what the cache takes at once', async () => {
  const data = Buffer.concat([DATA, DATA, DATA, DATA])
  const { url } = await serve(ranged(data))
  const source = await openUrl(url)
  expect(Buffer.compare(await source.read(7, 5_500_000), data.subarray(7, 5_500_007))).toBe(0)
})

test('an empty file', async () => {
  const { url } = await serve(ranged(Buffer.alloc(0)))
  expect(await openUrl(url)).toMatchObject({ size: 0 })
})

describe('credentials', () => {
  test('in the address go to its own origin, and into no message', async () => {
    const storage = await serve(ranged(DATA))
    const { url, asked } = await serve((_, response) =>
      response.writeHead(302, { location: `${storage.url}/blob?signature=x` }).end(),
    )
    const source = await openUrl(`${url.replace('//', '//ann:s3cret@')}/m`, { headers: { 'x-token': 'y' } })
    expect(source.name).toBe(`${url}/m`)
    const basic = `Basic ${Buffer.from('ann:s3cret').toString('base64')}`
    expect(asked[0]!.headers).toMatchObject({ authorization: basic, 'x-token': 'y' })
    expect(storage.asked[0]!.headers).not.toHaveProperty('authorization')
    expect(storage.asked[0]!.headers).not.toHaveProperty('x-token')
    await source.close()
  })

  test('are not told in errors', async () => {
    const { url } = await serve((_, response) => response.writeHead(403).end())
    const failed = await openUrl(`${url.replace('//', '//ann:s3cret@')}/m?token=s3cret`).catch(error => error)
    expect(failed).toMatchObject({ code: 'URL_UNREADABLE', message: `${url}/m: the server answers 403` })
  })
})

describe('a file that changes while it is read is an error', () => {
  test.each([
    ['by its tag', { etag: '"two"' }, DATA],
    ['by its date', { etag: '"one"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }, DATA],
    ['by its size', { etag: '"one"' }, DATA.subarray(1)],
  ])('%s', async (_, headers, data) => {
    let answer = ranged(DATA)
    const { url } = await serve((request, response) => answer(request, response))
    const source = await openUrl(url)
    answer = ranged(data, headers)
    await expect(source.read(1_000_000, 10)).rejects.toMatchObject({
      code: 'URL_UNREADABLE',
      message: /changed while it was read/,
    })
  })

  test('the server is told what is expected, and gives the new file whole', async () => {
    let answer = ranged(DATA)
    const { url, asked } = await serve((request, response) => answer(request, response))
    const source = await openUrl(url)
    answer = (_, response) => response.writeHead(200, { etag: '"two"' }).end('other')
    await expect(source.read(1_000_000, 10)).rejects.toMatchObject({ message: /changed/ })
    expect(asked[1]!.headers['if-range']).toBe('"one"')
  })
})

describe('tried again', () => {
  test.each([
    ['what answers 503', (response: ServerResponse) => response.writeHead(503, { 'retry-after': '7' }).end()],
    ['what hangs up', (response: ServerResponse) => response.destroy()],
    [
      'what breaks off',
      (response: ServerResponse) => {
        response.writeHead(206, {
          'content-range': `bytes 0-65535/${DATA.length}`,
          'content-length': '65536',
        })
        response.write('x', () => response.destroy())
      },
    ],
  ])('%s, and no more than three times', async (_, fail) => {
    let failures = 2
    const good = ranged(DATA)
    const { url, asked } = await serve((request, response) => {
      if (failures-- > 0) fail(response)
      else good(request, response)
    })
    const waits: number[] = []
    const source = await openUrl(url, { wait: async time => waits.push(time) })
    expect(source.size).toBe(DATA.length)
    expect(asked).toHaveLength(3)
    expect(waits.every(time => time === 7000 || time < 1000)).toBe(true)

    failures = 100
    await expect(openUrl(url, patient)).rejects.toMatchObject({ code: 'URL_UNREADABLE' })
    expect(asked).toHaveLength(7)
  })

  test('a read that failed may succeed the next time', async () => {
    let broken = false
    const good = ranged(DATA)
    const { url } = await serve((request, response) =>
      broken ? response.writeHead(500).end() : good(request, response),
    )
    const source = await openUrl(url, patient)
    broken = true
    await expect(source.read(1_000_000, 3)).rejects.toMatchObject({ code: 'URL_UNREADABLE' })
    broken = false
    expect(Buffer.compare(await source.read(1_000_000, 3), DATA.subarray(1_000_000, 1_000_003))).toBe(0)
  })

  test('a server that says nothing is given up', async () => {
    const { url } = await serve(() => undefined)
    await expect(openUrl(url, { ...patient, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'URL_UNREADABLE',
    })
  })
})

describe('refused', () => {
  const partly =
    (range: string, body = '') =>
    (_: IncomingMessage, response: ServerResponse) =>
      response.writeHead(206, { 'content-range': range }).end(body)

  test.each<[string, Answer, RegExp]>([
    ['a server without ranges', (_, response) => response.end('whole'), /whole files only/],
    ['a missing file', (_, response) => response.writeHead(404).end(), /There is no file/],
    ['a part of an unknown whole', partly('bytes 0-3/*', 'abcd'), /which part/],
    ['another part', partly('bytes 4-7/8', 'abcd'), /at 4 are answered/],
    ['a smaller part', partly('bytes 0-1/8', 'ab'), /2 at 0 are answered/],
    ['an end before the start', partly('bytes 5-1/8'), /are answered/],
    ['a size that is none', partly('bytes 0-9/99999999999999999999'), /which part/],
    ['more than is said', partly('bytes 0-1/2', 'abcdef'), /more than it says/],
    [
      'compressed parts',
      (_, response) =>
        response.writeHead(206, { 'content-range': 'bytes 0-1/2', 'content-encoding': 'br' }).end('ab'),
      /./,
    ],
    [
      'circles',
      (request, response) => response.writeHead(302, { location: request.url }).end(),
      /more than 5/,
    ],
    [
      'a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /not followed/,
    ],
  ])('%s', async (_, answer, message) => {
    const { url } = await serve(answer)
    const failed = await openUrl(`${url}/m`, patient).catch(error => error)
    expect(failed).toMatchObject({ name: 'CoreError', code: 'URL_UNREADABLE' })
    expect(failed.message).toMatch(message)
  })

  test.each(['ftp://a/b', 'file:///etc/passwd', 'data:,x', 'nothing', ''])('%j', async url => {
    await expect(openUrl(url)).rejects.toMatchObject({ code: 'URL_UNREADABLE' })
  })

  test('a port where nobody listens', async () => {
    const { url } = await serve(() => undefined)
    const [server] = servers.splice(0)
    await new Promise(resolve => server!.close(resolve))
    await expect(openUrl(url, patient)).rejects.toMatchObject({
      code: 'URL_UNREADABLE',
      message: /ECONNREFUSED/,
    })
  })
})
