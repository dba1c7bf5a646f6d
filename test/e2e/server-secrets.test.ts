import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelFiles, type Ran, startWorld, until, type World } from '../server/world.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENTRY = join(ROOT, 'src/cli/main.ts')
const API_KEY = 'sk-Zürich+7/correct-horse'
const DEPLOY_KEY = 'battery-staple-42'
/** Prints them in every way that a log should not show. */
const SHOW = `
echo "whole:$API_KEY:"
printf 'halves:%s' "$(printf %s "$API_KEY" | head -c 12)"
printf '%s:\\n' "$(printf %s "$API_KEY" | tail -c +13)"
echo "base64:$(printf %s "$API_KEY" | base64 -w0):"
echo "header:$(printf 'me:%s' "$API_KEY" | base64 -w0):"
echo "bytes:$(printf %s "$API_KEY" | wc -c):"
echo "deploy:$DEPLOY_KEY:"
echo "api:\${API_KEY-not set}:"
`
const YAML = `model: model.onnx
jobs: { show: { run: sh show.sh, env: { DEPLOY_KEY: from-the-file } } }
deploy: { staging: { branch: never } }
`

let world: World
let runner: ChildProcess
let onMain: string
let elsewhere: string
const told: string[] = []

beforeAll(async () => {
  world = await startWorld()
  const data = join(world.folder, 'data')
  const key = ['--token-file', join(data, 'secrets/runner.token'), '--data', join(world.folder, 'runner')]
  runner = spawn(process.execPath, [ENTRY, 'runner', '--server', world.url, '--sandbox', 'none', ...key], {
    stdio: 'ignore',
  })
  await world.admin('POST', '/projects', { name: 'team/p' })
  const repository = await world.repository('team/p', { ...modelFiles(YAML), 'show.sh': SHOW })
  expect(await ballast(API_KEY, 'set', 'team/p', 'API_KEY')).toMatchObject({ code: 0, stderr: '' })
  expect(await ballast(`${DEPLOY_KEY}\n`, 'set', 'team/p', 'DEPLOY_KEY')).toMatchObject({ code: 0 })
  await repository.pushAndLeave('HEAD:main')
  onMain = await logOf(1)
  await repository.pushAndLeave('HEAD:feature')
  elsewhere = await logOf(2)
})
afterAll(async () => {
  runner.kill('SIGTERM')
  if (runner.exitCode === null && runner.signalCode === null) await once(runner, 'close')
  await world.stop()
})

/** `ballast secret …` with this on its standard input. */
async function ballast(input: string, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [ENTRY, 'secret', ...args], {
    env: { ...process.env, NO_COLOR: '1', BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdin.end(input)
  await once(child, 'close')
  told.push(stdout, stderr)
  return { code: child.exitCode ?? -1, stdout, stderr }
}

async function logOf(number: number): Promise<string> {
  const attempt = await until(
    `job show of #${number}`,
    async () => {
      const { jobs } = await world.pipeline('team/p', number)
      const { state, attempts } = jobs.find(({ name }) => name === 'show')!
      return state === 'succeeded' && attempts.at(-1)
    },
    60_000,
  )
  const { body } = await world.call<string>('GET', `/api/v1/attempts/${attempt.id}/log`, {
    token: await world.secret(),
  })
  return body
}

/** The value, and what base64 makes of it wherever it stands in a longer text. */
function traces(value: string): readonly string[] {
  const encoded = ['', 'x', 'xx'].map(before =>
    Buffer.from(before + value)
      .toString('base64')
      .slice(4, -4),
  )
  return [value, value.slice(0, 12), value.slice(12), encodeURIComponent(value), ...encoded]
}

test('a job on the default branch has them, and its log shows the mask wherever they stood', () => {
  expect(onMain).toContain(`bytes:${Buffer.byteLength(API_KEY)}:`)
  for (const what of ['whole', 'halves', 'deploy', 'api']) expect(onMain).toContain(`${what}:[redacted]:`)
  // A character that the secret shares with its neighbours may stay at either end.
  expect(onMain).toMatch(/base64:\[redacted\].?=*:/)
  expect(onMain).toMatch(/header:bWU6.?\[redacted\].?=*:/)
  for (const trace of traces(API_KEY)) expect(onMain).not.toContain(trace)
  expect(onMain).not.toContain(DEPLOY_KEY)
})

test('a job does not put its own in the place of a secret, and has its own where there is none', () => {
  expect(onMain).not.toContain('from-the-file')
  expect(elsewhere).toContain('deploy:from-the-file:')
})

test('the same job on another branch has none', () => {
  expect(elsewhere).toContain('bytes:0:')
  expect(elsewhere).toContain('api:not set:')
  expect(elsewhere).not.toContain('[redacted]')
})

test('names are listed, values are in no answer and in no file of the database', async () => {
  const { stdout } = await ballast('', 'list', 'team/p')
  expect(stdout).toMatch(/^NAME +SET\nAPI_KEY +\d+ s ago\nDEPLOY_KEY +\d+ s ago\n$/)
  const token = await world.secret()
  for (const path of [
    '/projects/team%2Fp/secrets',
    '/projects/team%2Fp',
    '/projects/team%2Fp/pipelines',
    '/projects/team%2Fp/pipelines/1',
    '/me',
  ]) {
    const { status, body } = await world.call('GET', `/api/v1${path}`, { token })
    expect(status).toBe(200)
    told.push(JSON.stringify(body))
  }
  expect(told.join('\n')).toContain('DEPLOY_KEY')
  const files = await Promise.all(
    ['ballast.db', 'ballast.db-wal'].map(file => readFile(join(world.folder, 'data', file))),
  )
  const kept = Buffer.concat(files)
  expect(kept.includes('DEPLOY_KEY')).toBe(true)
  for (const trace of [...traces(API_KEY), DEPLOY_KEY]) {
    expect(told.join('\n')).not.toContain(trace)
    expect(kept.includes(trace)).toBe(false)
  }
})

describe('is refused, without telling the value', () => {
  test.each([
    ['too short to hide', 'API_KEY', ' 1234567 '],
    ['too long', 'API_KEY', 'é'.repeat(40_000)],
    ['with a NUL', 'API_KEY', 'a value\0that ends'],
    ['under a name that is taken', 'LD_PRELOAD', 'a value of some length'],
    ['under a name that is Ballast’s', 'BALLAST_TOKEN', 'a value of some length'],
    ['under a name that is none', 'api-key', 'a value of some length'],
  ])('%s', async (_what, name, value) => {
    const { status, body } = await world.call('PUT', `/api/v1/projects/team%2Fp/secrets/${name}`, {
      token: await world.secret(),
      body: { value },
    })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).not.toContain(value.trim())
  })
})

test('what is removed is gone, once', async () => {
  expect(await ballast('', 'remove', 'team/p', 'DEPLOY_KEY')).toMatchObject({ code: 0 })
  const again = await ballast('', 'remove', 'team/p', 'DEPLOY_KEY')
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('NOT_FOUND')
  expect((await ballast('', 'list', 'team/p', '--json')).stdout).not.toContain('DEPLOY_KEY')
})
