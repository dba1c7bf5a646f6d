import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from './send.ts'

const BYTES = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-send-'))
  await writeFile(join(folder, 'file'), BYTES)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** How sending ended, when the client reads all or goes away after its first bytes. */
async function sent(content: Readable, client: 'reads' | 'leaves') {
  const ended = Promise.withResolvers<unknown>()
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': BYTES.length })
    send(content, response).then(() => ended.resolve(undefined), ended.resolve)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked = request({ port: (server.address() as AddressInfo).port })
  asked.end()
  const [response] = await once(asked, 'response')
  const received = client === 'reads' ? await buffer(response) : undefined
  if (client === 'leaves') {
    await once(response, 'data')
    asked.destroy()
  }
  const failure = await ended.promise
  server.close()
  return { received, failure }
}

const file = () => createReadStream(join(folder, 'file'), { highWaterMark: 64 * 1024 })

test('a file arrives whole, though its buffers are freed behind it', async () => {
  const { received, failure } = await sent(file(), 'reads')
  expect(failure).toBeUndefined()
  expect(received?.equals(BYTES)).toBe(true)
})

test("another stream's buffers stay as they are", async () => {
  const own = new Uint8Array(BYTES)
  const { received } = await sent(Readable.from([own]), 'reads')
  expect(received?.equals(BYTES)).toBe(true)
  expect(own).toHaveLength(BYTES.length)
})

test('of a client that goes away the file is closed', async () => {
  const content = file()
  await sent(content, 'leaves')
  if (!content.closed) await once(content, 'close')
  expect(content.destroyed).toBe(true)
})
