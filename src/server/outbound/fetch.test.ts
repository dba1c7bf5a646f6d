import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { fetchText, isPublic } from './fetch.ts'

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '::ffff:0:7f00:1',
  '::ffff:7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  'fec0::1',
  'fe80::1%eth0',
  '192.0.2.1',
  '203.0.113.1',
  'localhost',
  '',
])('%j is not public', address => {
  expect(isPublic(address)).toBe(false)
})

test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', address => {
  expect(isPublic(address)).toBe(true)
})

test.each([
  'http://example.com/a.yml',
  'file:///etc/passwd',
  'https://user:secret@example.com/a.yml',
  'https://127.0.0.1/a.yml',
  'https://[::1]/a.yml',
  'https://0x7f000001/a.yml',
  'https://2130706433/a.yml',
  'not an address',
])('%s is refused, and no credential is told', async url => {
  const error = await fetchText(url, 100).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'OUTBOUND_REFUSED' })
  expect(String(error)).not.toContain('secret')
})

test('a name that leads to this machine is refused before anything is sent', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.end()
  })
  server.on('connection', () => asked++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const error = await fetchText(`https://localhost:${port}/a.yml`, 100).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'OUTBOUND_REFUSED' })
  expect(asked).toBe(0)
  server.close()
})
