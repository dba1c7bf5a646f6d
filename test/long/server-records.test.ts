import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RolloutRecords, RolloutView } from '../../src/api/index.ts'
import { VersionsWorld } from '../server/versions.ts'
import { run } from '../server/world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')

let versions: VersionsWorld
let rollouts: readonly RolloutView[]
const ofVersion = (number: number) => rollouts.find(({ candidate }) => candidate.number === number)!.id

// v1 serves, v2 was a canary with errors, v3 was promoted.
beforeAll(async () => {
  versions = await VersionsWorld.start()
  await versions.aStory('digits')
  rollouts = await versions.world.rollouts('digits')
})
afterAll(() => versions.world.stop())

const fileIn = (name: string) => join(versions.world.folder, name)

/** The command as somebody runs it who has the files, and neither a server nor a log-in. */
const offline = (...args: readonly string[]) =>
  run(process.execPath, [ENTRY, ...args], versions.world.folder, {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    NO_COLOR: '1',
  })

interface Verified {
  readonly verdict: string
  readonly findings: readonly { readonly place: number; readonly kind: string; readonly message: string }[]
}

interface Exported {
  readonly records: string
  readonly keys: string
}
const written = new Map<number, Promise<Exported>>()

/** A rollout's records written down, and the keys: once, as every command takes its time. */
function exported(number: number): Promise<Exported> {
  const before = written.get(number)
  if (before) return before
  const now = write(number)
  written.set(number, now)
  return now
}

async function write(number: number): Promise<Exported> {
  const [records, keys] = [fileIn(`v${number}.json`), fileIn(`v${number}-keys.json`)]
  const [wrote, told] = await Promise.all([
    versions.ballast(['rollout', 'records', ofVersion(number), '-o', records]),
    versions.ballast(['identity', 'keys', '--for', 'records', '--public']),
  ])
  expect(wrote).toMatchObject({ code: 0 })
  await writeFile(keys, told.stdout)
  return { records, keys }
}

/** Another file with the same, changed. */
async function changed(file: string, change: (bundle: RolloutRecords) => RolloutRecords): Promise<string> {
  const other = fileIn('changed.json')
  await writeFile(other, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')) as RolloutRecords)))
  return other
}

describe('explain', () => {
  test('says in a sentence why a version was rolled back, and why one was promoted', async () => {
    const [bad, good, first] = await Promise.all(
      [2, 3, 1].map(
        async number => (await versions.ballast(['rollout', 'explain', ofVersion(number)])).stdout,
      ),
    )
    expect(bad).toMatch(
      /^Rolled back v2 at 10 % after \d+ requests: errors .*; the budget of false rollbacks \(5 %\) was used up, evidence of errors: \d+\.\d of \d+\.\d nats\.\n$/,
    )
    expect(good).toMatch(/^Promoted v3 at 10 % after [\d,]+ requests: errors .*\.\n$/)
    expect(first).toBe('Promoted v1 at once: nothing is in production to compare with.\n')
  })

  test('tells every decision', async () => {
    const { stdout } = await versions.ballast(['rollout', 'explain', ofVersion(3), '--all', '--json'])
    const { decisions, now } = JSON.parse(stdout) as {
      decisions: { at: string; sentence: string }[]
      now: null
    }
    expect(now).toBeNull()
    expect(decisions.map(({ sentence }) => sentence.replace(/ after .*/, '.'))).toEqual([
      'The turn of v3 came, over v1: its replicas load, warm up and are checked.',
      'Began with v3 at 10 %: its replicas are ready.',
      'Promoted v3 at 10 %.',
    ])
  })
})

describe('verify', () => {
  test.each([1, 2, 3])('needs no server for the records of v%i', async number => {
    const { records, keys } = await exported(number)
    const done = await offline('rollout', 'verify', ofVersion(number), '--records', records, '--key', keys)
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toContain(`records of ${ofVersion(number)}: signed, complete, and each follows`)
  })

  test('finds one digit that was changed, in the record that it was changed in', async () => {
    const { records, keys } = await exported(2)
    const other = await changed(records, bundle => {
      const text = Buffer.from(bundle.records[2]!.payload, 'base64').toString()
      const wrong = text.replace(
        /"canaryRequests":(\d)/,
        (_, digit) => `"canaryRequests":${(Number(digit) % 9) + 1}`,
      )
      expect(wrong).not.toBe(text)
      bundle.records[2]!.payload = Buffer.from(wrong).toString('base64')
      return bundle
    })
    const done = await offline('rollout', 'verify', ofVersion(2), '--records', other, '--key', keys, '--json')
    expect(done.code).toBe(1)
    const { verdict, findings } = JSON.parse(done.stdout) as Verified
    expect(verdict).toBe('failed')
    expect(findings).toEqual([
      { place: 3, kind: 'signature', message: expect.stringContaining('changed after key') },
    ])
  })

  test("takes no other rollout's records, none that are incomplete, and no other keys", async () => {
    const { records, keys } = await exported(2)
    const short = await changed(records, bundle => ({ ...bundle, records: bundle.records.slice(0, -1) }))
    const foreign = fileIn('foreign.json')
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
    await writeFile(foreign, JSON.stringify(jwk))
    const verify = (number: number, file: string, key: string) =>
      offline('rollout', 'verify', ofVersion(number), '--records', file, '--key', key)
    const [other, cut, unknown] = await Promise.all([
      verify(3, records, keys),
      verify(2, short, keys),
      verify(2, records, foreign),
    ])
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`it is of rollout ${ofVersion(2)}`),
    })
    expect(cut).toMatchObject({ code: 2, stdout: expect.stringContaining('later ones are missing') })
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('none of those to check by') })
  })

  test('says what is no file of records', async () => {
    await writeFile(fileIn('odd.json'), '{"kind":"other"}')
    const done = await offline('rollout', 'verify', ofVersion(2), '--records', fileIn('odd.json'))
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('RECORDS_INVALID') })
  })

  test('asks the server where no file is named', async () => {
    const done = await versions.ballast(['rollout', 'verify', ofVersion(3)])
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('name those that you trust with --key'),
    })
  })
})

test('a vault that does not open holds no rollback up; what it left unsigned is signed later', async () => {
  const { world } = versions
  const repository = await versions.aModel('sealed')
  await versions.inPhase((await versions.release('sealed', repository, 1)).id, 'promoted')
  const { id } = await versions.release('sealed', repository, 2)
  await versions.inPhase(id, 'progressing')
  const secrets = join(world.folder, 'data', 'secrets')
  await rename(join(secrets, 'vault.key'), join(secrets, 'away.key'))
  await world.admin('POST', `/rollouts/${id}/abort`, { reason: 'as the vault is closed' })
  const sealed = await versions.ballast(['rollout', 'verify', id])
  expect(sealed).toMatchObject({
    code: 2,
    stdout: expect.stringContaining(
      "unsigned: it has no signature: The key of signed records can't be opened",
    ),
  })

  await rename(join(secrets, 'away.key'), join(secrets, 'vault.key'))
  // What waits is looked through at the start.
  await world.restart()
  await versions.host.serveUntil('its signature', async () => {
    const { records } = await world.admin<RolloutRecords>('GET', `/rollouts/${id}/records`)
    return records.every(({ signatures }) => signatures.length === 1)
  })
  expect(await versions.ballast(['rollout', 'verify', id])).toMatchObject({ code: 0 })
})

test('a key that was retired still vouches for what it signed', async () => {
  const { code, stdout } = await versions.ballast(['identity', 'rotate', '--for', 'records', '--json'])
  expect(code).toBe(0)
  const { id } = JSON.parse(stdout) as { id: string }
  const { records, keys } = await write(3)
  expect(await readFile(keys, 'utf8')).toContain(id)
  const done = await offline('rollout', 'verify', ofVersion(3), '--records', records, '--key', keys)
  expect(done.code).toBe(0)
})
