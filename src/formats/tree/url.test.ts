import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { urlTree } from './url.ts'

let server: Server
let base: string
const asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!)
    response.writeHead(206, { 'content-range': 'bytes 0-1/2' }).end('ab')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test.each([
  ['a.bin', '/models/x/a.bin?token=t'],
  ['b/c d.bin', '/models/x/b/c%20d.bin?token=t'],
  ['a?b#c', '/models/x/a%3Fb%23c?token=t'],
  ['%2e%2e/a', '/models/x/%252e%252e/a?token=t'],
  ['a@evil.test', '/models/x/a%40evil.test?token=t'],
  ['狗', '/models/x/%E7%8B%97?token=t'],
])('%s is asked for as %s', async (path, address) => {
  const tree = urlTree(`${base}/models/x/?token=t`)
  expect(tree.name).toBe(`${base}/models/x/`)
  expect(await (await tree.open(path)).read(0, 2)).toEqual(new Uint8Array(Buffer.from('ab')))
  expect(asked.at(-1)).toBe(address)
})

test.each(['../a', '/a', '\\\\evil.test\\a', 'a/../../b', 'C:/a', ''])('%j is refused', async path => {
  const before = asked.length
  await expect(urlTree(`${base}/models/x/`).open(path)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  expect(asked.length).toBe(before)
})

test('it can not be listed, and needs an address', async () => {
  expect(await urlTree(`${base}/`).list()).toBeUndefined()
  expect(() => urlTree('file:///etc/')).toThrow(expect.objectContaining({ code: 'URL_UNREADABLE' }))
})
