import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JobId, PipelineId } from '../../src/core/index.ts'
import { openSqlite } from '../../src/storage/index.ts'
import { aPlannedJob, aReadyJob, settle } from './stores/world.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-processes-'))
  path = join(folder, 'ballast.db')
})
afterEach(() => rm(folder, { recursive: true }))

type Child = ChildProcessByStdio<null, Readable, null>
const run = (script: string, ...args: readonly string[]): Child =>
  spawn(process.execPath, [new URL(`./processes/${script}`, import.meta.url).pathname, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

test('processes that contend for the same jobs claim each exactly once', async () => {
  const stores = await openSqlite(path)
  const home = await settle(stores)
  const jobs = []
  for (let i = 0; i < 120; i++)
    jobs.push(await aReadyJob(stores, home, { plan: aPlannedJob({ name: `job-${i}` }) }))

  const children = ['red', 'blue', 'green'].map(runner => run('claim.ts', runner))
  const claimed = await Promise.all(
    children.map(async child => JSON.parse(await text(child.stdout)) as JobId[]),
  )

  expect(claimed.flat().sort()).toEqual(jobs.map(({ id }) => id).sort())
  const attempts = (await Promise.all(jobs.map(({ id }) => stores.pipelines.attempts(id)))).flat()
  expect(attempts).toHaveLength(jobs.length)
  expect(new Set(attempts.map(({ fence }) => fence)).size).toBe(jobs.length)
  await stores.close()
})

test('processes that open a fresh file together all find the whole schema', async () => {
  const children = ['one', 'two', 'three'].map(runner => run('claim.ts', runner))
  const outputs = await Promise.all(children.map(child => text(child.stdout)))
  expect(outputs).toEqual(['[]', '[]', '[]'])
})

test('a process killed at any moment loses nothing that it was told is stored', {
  timeout: 60_000,
}, async () => {
  const stores = await openSqlite(path)
  const { project, principal } = await settle(stores)
  await stores.close()
  const said = new Map<string, Set<string>>()
  for (let round = 0; round < 4; round++) {
    const child = run('write.ts', project, principal)
    const enough = 20 + Math.floor(Math.random() * 60)
    for (const line of await linesUntilKilled(child, enough)) {
      const [word, id] = line.split(' ')
      said.set(word!, (said.get(word!) ?? new Set()).add(id!))
    }
    await check(said)
  }
})

/** Kills without warning after some lines; gives every whole line that came. */
async function linesUntilKilled(child: Child, enough: number): Promise<readonly string[]> {
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    if (output.split('\n').length > enough) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  expect(signal).toBe('SIGKILL')
  return output.split('\n').slice(0, -1)
}

async function check(said: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
  const database = new DatabaseSync(path)
  expect(database.prepare('pragma integrity_check').get()?.['integrity_check']).toBe('ok')
  expect(database.prepare('pragma foreign_key_check').all()).toEqual([])
  database.close()
  const stores = await openSqlite(path)
  for (const id of said.get('added') ?? []) {
    expect(await stores.pipelines.jobs(id as PipelineId), `jobs of ${id}`).toHaveLength(5)
  }
  for (const id of said.get('claimed') ?? []) {
    expect(await stores.pipelines.attempts(id as JobId), `attempts of ${id}`).toHaveLength(1)
  }
  for (const id of said.get('succeeded') ?? []) {
    expect(await stores.pipelines.job(id as JobId)).toMatchObject({
      state: 'succeeded',
      result: { ok: true },
    })
  }
  // What was not acknowledged is there whole or not at all.
  const all = await stores.pipelines.pipelines(undefined, { limit: 10_000 })
  for (const { id } of all) expect(await stores.pipelines.jobs(id)).toHaveLength(5)
  for (const job of await stores.pipelines.jobsIn('running')) {
    expect(await stores.pipelines.attempts(job.id)).toHaveLength(1)
  }
  await stores.close()
}
