import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../fixtures/free-port.ts'
import { until } from './git-world.ts'

let data: string
let children: ChildProcess[]

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'ballast-up-'))
  children = []
})
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null) continue
    // The second one ends everything at once.
    child.kill('SIGINT')
    child.kill('SIGINT')
    await once(child, 'close')
  }
  await rm(data, { recursive: true, force: true, maxRetries: 5 })
})

function up(...args: string[]) {
  const script = join(import.meta.dirname, '../fixtures/supervision/up-command.ts')
  const child = spawn(process.execPath, [script, '--data', data, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  })
  children.push(child)
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    said.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    said.stderr += chunk
  })
  const closed = once(child, 'close')
  return { child, said, ended: async () => (await closed)[0] as number }
}

test('prints the addresses and, the first time only, the admin token', async () => {
  const [port, gatewayPort] = [await freePort(), await freePort()]
  const ports = ['--port', `${port}`, '--gateway-port', `${gatewayPort}`]
  const first = up(...ports, '--no-sandbox')
  await until(() => first.said.stdout.includes('Ctrl-C stops everything'), 'the addresses')
  expect(first.said.stdout).toContain(`Control plane  http://127.0.0.1:${port}\n`)
  expect(first.said.stdout).toContain(`Predictions    http://127.0.0.1:${gatewayPort}\n`)
  expect(first.said.stdout).toContain('Admin token    blst_first ')
  expect(first.said.stderr).toContain('without a sandbox')
  await until(() => !existsSync(join(data, 'secrets/first-admin-token')), 'the removal of the token')
  const logOf = (role: string) => readFileSync(join(data, `logs/${role}.log`), 'utf8').trim()
  const agent = (role: string) =>
    `${role} --data ${data}/${role} --server http://127.0.0.1:${port} --token-file ${data}/secrets/${role}.token`
  expect(logOf('server')).toBe(
    `server --data ${data} --listen 127.0.0.1:${port} --public-url http://127.0.0.1:${port} --gateway-url http://127.0.0.1:${gatewayPort}`,
  )
  expect(logOf('host')).toBe(agent('host'))
  expect(logOf('gateway')).toBe(`${agent('gateway')} --listen 127.0.0.1:${gatewayPort}`)
  expect(logOf('runner')).toBe(`${agent('runner')} --sandbox none`)
  first.child.kill('SIGINT')
  expect(await first.ended()).toBe(0)
  const ended = [...first.said.stderr.matchAll(/– (\w+) +ended/g)].map(match => match[1])
  expect(ended).toEqual(['runner', 'gateway', 'host', 'server'])
  expect(first.said.stderr.trimEnd().endsWith('Stopped.')).toBe(true)

  const second = up(...ports, '--json', '--public-url', 'https://ballast.example.org/')
  await until(() => second.said.stdout.includes('\n'), 'the line of JSON')
  const facts = JSON.parse(second.said.stdout)
  expect(facts).toMatchObject({
    url: 'https://ballast.example.org',
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    dataDir: data,
  })
  expect(Object.keys(facts.pids)).toEqual(['server', 'host', 'gateway', 'runner'])
  expect(facts).not.toHaveProperty('token')
})

test.each(['--port', '--gateway-port'])('a taken %s is one clear error, and nothing runs', async option => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const other = option === '--port' ? '--gateway-port' : '--port'
  const { said, ended } = up(option, `${port}`, other, `${await freePort()}`)
  expect(await ended()).toBe(1)
  await new Promise(resolve => taken.close(resolve))
  expect(said.stderr).toContain(`error: Port ${port} of 127.0.0.1 is in use`)
  expect(said.stderr).toContain(`or choose another with ${option}.`)
  expect(said.stderr).toContain('(PORT_IN_USE)')
  expect(said.stderr).not.toContain('starts')
})

test.each([
  [['--port', '0'], 'Expected a port'],
  [['--port', '7x'], 'Expected a port'],
  [['--public-url', 'ftp://x'], 'Expected a URL'],
])('%j is refused', async (args, message) => {
  const { said, ended } = up(...args)
  expect(await ended()).toBe(1)
  expect(said.stderr).toContain(message)
})
