import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JobLog } from './log.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-log-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function logged(...chunks: readonly (string | Buffer)[]) {
  const lines: string[] = []
  const log = new JobLog(join(folder, 'job.log'), line => lines.push(line), undefined)
  for (const chunk of chunks) log.write(Buffer.from(chunk))
  log.end()
  return { lines, file: await readFile(log.path, 'utf8').catch(() => undefined) }
}

test.each([
  { chunks: ['one\ntwo\n'], lines: ['one', 'two'] },
  { chunks: ['on', 'e\ntw', 'o'], lines: ['one', 'two'] },
  { chunks: ['1 %\r50 %\r100 %\nnext\r\n'], lines: ['100 %', 'next'] },
  { chunks: [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], lines: ['é'] },
  { chunks: ['\n\n'], lines: ['', ''] },
])('$chunks are the lines $lines', async ({ chunks, lines }) => {
  const found = await logged(...chunks)
  expect(found.lines).toEqual(lines)
  expect(found.file).toBe(Buffer.concat(chunks.map(chunk => Buffer.from(chunk))).toString())
})

test('a line without an end is told in pieces', async () => {
  const { lines } = await logged('x'.repeat(40_000))
  expect(lines.map(({ length }) => length)).toEqual([16_384, 16_384, 7232])
})

test('a job that writes nothing has no file', async () => {
  expect((await logged()).file).toBeUndefined()
})
