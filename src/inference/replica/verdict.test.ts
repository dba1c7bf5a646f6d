import { mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openVerdict, RIGHT, UNVERIFIED } from './verdict.ts'

let folder: string
let model: string
let mark: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verdict-'))
  model = join(folder, 'model.onnx')
  mark = join(folder, UNVERIFIED)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const WRONG = { code: 'BLOB_MISMATCH', message: expect.stringContaining('did not find its files right') }

test('without a mark there is nothing to wait for', async () => {
  await (await openVerdict(model)).awaited()
})

test('files that went with their folder before it was looked for are not served', async () => {
  await rm(folder, { recursive: true })
  await expect(openVerdict(model)).rejects.toMatchObject({
    code: 'BLOB_MISMATCH',
    message: expect.stringContaining('taken back'),
  })
})

test('a mark is waited for until it says that the files are right', async () => {
  await writeFile(mark, '')
  const verdict = await openVerdict(model)
  let isOver = false
  const awaited = verdict.awaited().then(() => {
    isOver = true
  })
  await writeFile(mark, '')
  expect(isOver).toBe(false)
  await writeFile(mark, RIGHT)
  await unlink(mark)
  await awaited
  await verdict.awaited()
})

test.each<readonly [string, () => Promise<unknown>]>([
  ['goes without a word', () => unlink(mark)],
  [
    'goes with its folder',
    () => rename(folder, `${folder}.gone`).then(() => rm(`${folder}.gone`, { recursive: true })),
  ],
  ["is another's by now", () => writeFile(`${mark}.new`, RIGHT).then(() => rename(`${mark}.new`, mark))],
])('files whose mark %s are not served', async (_, change) => {
  await writeFile(mark, '')
  const verdict = await openVerdict(model)
  await change()
  await expect(verdict.awaited()).rejects.toMatchObject(WRONG)
  await expect(verdict.awaited()).rejects.toMatchObject(WRONG)
})
