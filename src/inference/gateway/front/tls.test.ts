import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, FrontWorld, INFERENCE, request } from '../../../../test/fixtures/front-world.ts'
import { openGateway } from '../serving.ts'
import { GatewayState } from '../state.ts'

const FIXTURES = new URL('../../../../test/fixtures/inference/front/', import.meta.url).pathname
let world: FrontWorld
let folder: string
let files: { readonly certPath: string; readonly keyPath: string }

beforeEach(async () => {
  world = new FrontWorld()
  folder = await mkdtemp(join(tmpdir(), 'tls-'))
  files = { certPath: join(folder, 'tls.crt'), keyPath: join(folder, 'tls.key') }
  await put('first')
})
afterEach(async () => {
  await world.stop()
  await rm(folder, { recursive: true, force: true })
})

async function put(name: 'first' | 'second', which: readonly ('cert' | 'key')[] = ['cert', 'key']) {
  for (const part of which) {
    const path = part === 'cert' ? files.certPath : files.keyPath
    await copyFile(join(FIXTURES, `${name}.${part}.pem`), `${path}.new`)
    await rename(`${path}.new`, path)
  }
}

const ca = (name: string) => readFile(join(FIXTURES, `${name}.cert.pem`))

/** The name in the certificate that new connections are shown, and the protocol that was agreed on. */
async function shown(protocols: string[] = ['h2']): Promise<readonly [name: string, protocol: string]> {
  const options = { host: '127.0.0.1', port: world.port, ALPNProtocols: protocols, rejectUnauthorized: false }
  const socket = connectTls(options)
  await once(socket, 'secureConnect')
  const found = [String(socket.getPeerCertificate().subject.CN), String(socket.alpnProtocol)] as const
  socket.destroy()
  return found
}

async function http2(name: string) {
  const session = connectHttp2(`https://127.0.0.1:${world.port}`, { ca: await ca(name) })
  world.onStop(() => session.destroy())
  return session
}

test('HTTP/2, gRPC and HTTP/1.1 are agreed on in the handshake', async () => {
  await world.start({ tls: files })
  expect(world.gateway.url).toMatch(/^https:/)
  const session = await http2('first')
  expect(await request(session, 'GET', '/v2/health/live')).toMatchObject({ status: 200 })
  expect((await call(session, `${INFERENCE}/ServerLive`, Buffer.alloc(0))).grpcStatus).toBe(0)
  const old = httpsRequest({ host: '127.0.0.1', port: world.port, path: '/v2', ca: await ca('first') })
  old.end()
  const [response] = await once(old, 'response')
  expect([response.statusCode, response.httpVersion]).toEqual([200, '1.1'])
  response.resume()
  await once(response, 'end')
  old.destroy()
  expect(await shown(['h2', 'http/1.1'])).toEqual(['first', 'h2'])
  expect(await shown(['http/1.1'])).toEqual(['first', 'http/1.1'])
})

test('what does not speak TLS is not answered', async () => {
  await world.start({ tls: files })
  expect(await world.raw('GET /v2 HTTP/1.1\r\nhost: g\r\n\r\n')).not.toContain('200')
})

test('a renewed pair is taken without a restart, and connections that live keep theirs', async () => {
  await world.start({ tls: files })
  const session = await http2('first')
  await request(session, 'GET', '/v2')
  await put('second')
  await world.gateway.renewTls()
  expect(await shown()).toEqual(['second', 'h2'])
  expect(await request(session, 'GET', '/v2/health/live')).toMatchObject({ status: 200 })
  expect(await request(await http2('second'), 'GET', '/v2')).toMatchObject({ status: 200 })
})

test('a pair that is none keeps the last one, and says so once', async () => {
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => lines.push(line) })
  await world.start({ tls: files, logger })
  await put('second', ['cert'])
  await world.gateway.renewTls()
  await world.gateway.renewTls()
  expect(await shown()).toEqual(['first', 'h2'])
  await writeFile(files.certPath, 'no certificate')
  await world.gateway.renewTls()
  await rm(files.keyPath)
  await world.gateway.renewTls()
  expect(await shown()).toEqual(['first', 'h2'])
  const reasons = lines.map(line => String(JSON.parse(line).reason))
  expect(reasons).toHaveLength(3)
  expect(reasons[0]).toContain('are no pair')
  expect(reasons[2]).toContain("can't be read")
  await put('second')
  await world.gateway.renewTls()
  expect(await shown()).toEqual(['second', 'h2'])
})

test('a gateway does not start with files that are no pair', async () => {
  await world.start()
  const listen = { host: '127.0.0.1', port: 0 }
  const start = () => openGateway(new GatewayState(), { listen, tls: files })
  await put('second', ['key'])
  await expect(start()).rejects.toMatchObject({
    code: 'TLS_INVALID',
    message: expect.stringContaining(folder),
  })
  await rm(files.certPath)
  await expect(start()).rejects.toMatchObject({ code: 'TLS_INVALID' })
})
