import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/core/index.ts'
import { formatPointer } from '../../src/git/index.ts'
import { FakeControlPlane, RUNNER_TOKEN } from './runner-world/control-plane.ts'
import { runnerHere } from './runner-world/here.ts'

const MODEL = 'weights of a model '.repeat(10_000)
const TOOL = '#!/bin/sh\necho "run by $1"\n'
const refOf = (content: string) => ({ digest: digestOf(content), size: content.length })
const SOURCE = [
  { path: 'model.onnx', content: formatPointer(refOf(MODEL)) },
  { path: 'copies/', type: '5' },
  { path: 'copies/model.onnx', content: formatPointer(refOf(MODEL)) },
  { path: 'tool.sh', content: formatPointer(refOf(TOOL)), mode: 0o755 },
]
const FILES = [
  { path: 'model.onnx', executable: false, ...refOf(MODEL) },
  { path: 'copies/model.onnx', executable: false, ...refOf(MODEL) },
  { path: 'tool.sh', executable: true, ...refOf(TOOL) },
]

let plane: FakeControlPlane
let dataDir: string
let stop: () => Promise<void>

beforeEach(async () => {
  plane = await new FakeControlPlane(SOURCE).open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-runner-lfs-'))
  plane.lfsFiles = { files: FILES, missing: [] }
  for (const content of [MODEL, TOOL]) plane.putBlob(content)
  stop = runnerHere({ serverUrl: plane.url, token: RUNNER_TOKEN, dataDir }).stop
})
afterEach(async () => {
  await stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function logOf(steps: readonly string[], lfs?: true): Promise<string> {
  const given = plane.offer({ steps, ...(lfs && { lfs }) })
  const finish = await plane.finished(given)
  expect(finish, given.log.toString()).toMatchObject({ outcome: 'succeeded' })
  return given.log.toString()
}

test('a job finds the files, not their pointers, and each content comes once', async () => {
  const first = await logOf(['sha256sum model.onnx copies/model.onnx', './tool.sh ada'], true)
  expect(first).toContain(`${refOf(MODEL).digest.slice(7)}  model.onnx`)
  expect(first).toContain(`${refOf(MODEL).digest.slice(7)}  copies/model.onnx`)
  expect(first).toContain('run by ada')
  await logOf(['true'], true)
  expect([...plane.blobReads]).toEqual([
    [refOf(MODEL).digest, 1],
    [refOf(TOOL).digest, 1],
  ])
})

test('what a job writes into its file changes nobody else’s', async () => {
  await logOf(['printf broken > model.onnx', 'chmod 755 model.onnx'], true)
  const next = await logOf(['sha256sum model.onnx'], true)
  expect(next).toContain(`${refOf(MODEL).digest.slice(7)}  model.onnx`)
  expect(plane.blobReads.get(refOf(MODEL).digest)).toBe(1)
})

test('a kept file that the disk lost is fetched again', async () => {
  await logOf(['true'], true)
  const { digest } = refOf(MODEL)
  const kept = await fileNamed(dataDir, digest.slice(9))
  await writeFile(kept, 'rotten')
  const next = await logOf(['sha256sum model.onnx'], true)
  expect(next).toContain(`${digest.slice(7)}  model.onnx`)
  expect(plane.blobReads.get(digest)).toBe(2)
})

test('a job that wants none of them finds the pointers', async () => {
  expect(await logOf(['cat model.onnx'])).toContain('version https://git-lfs.github.com/spec/v1')
  expect(plane.blobReads.size).toBe(0)
})

test('an object that never came ends the attempt with its name, before anything is fetched', async () => {
  plane.lfsFiles = { files: FILES.slice(1), missing: FILES.slice(0, 1) }
  const given = plane.offer({ lfs: true })
  const finish = await plane.finished(given)
  expect(finish).toMatchObject({ outcome: 'errored', cause: 'setup' })
  expect(finish.reason).toContain('model.onnx')
  expect(given.log.toString()).toContain(refOf(MODEL).digest)
  expect(plane.blobReads.size).toBe(0)
})

test('bytes that are not the object’s end it, and stay nowhere', async () => {
  const { digest } = refOf(MODEL)
  plane.blobs.set(digest, Buffer.from(MODEL.replace('w', 'W')))
  const given = plane.offer({ lfs: true })
  const finish = await plane.finished(given)
  expect(finish).toMatchObject({ outcome: 'errored', cause: 'setup' })
  expect(plane.blobReads.get(digest)).toBe(3)
  await expect(fileNamed(dataDir, digest.slice(9))).rejects.toThrow('no file')
})

async function fileNamed(folder: string, name: string): Promise<string> {
  const found = (await readdir(folder, { recursive: true })).find(path => path.endsWith(name))
  if (found === undefined) throw new Error(`no file ${name}`)
  return join(folder, found)
}
