import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JobLog, type Mask } from './log.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-log-'))
})
afterEach(() => rm(folder, { recursive: true }))

function aLog(mask?: Mask) {
  const lines: string[] = []
  const path = join(folder, 'job.log')
  const raw = mask ? join(folder, 'raw.log') : path
  return { lines, log: new JobLog({ path, raw, line: line => lines.push(line), mask }) }
}

async function logged(...chunks: readonly (string | Buffer)[]) {
  const { lines, log } = aLog()
  for (const chunk of chunks) {
    await appendFile(log.raw, chunk)
    log.look()
  }
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

test('what processes wrote and what we say stay in their order, and nothing is told twice', async () => {
  const { lines, log } = aLog()
  await appendFile(log.raw, 'one\ntw')
  log.say('said')
  await appendFile(log.raw, 'three\n')
  log.write(Buffer.from('four\n'))
  log.end()
  expect(lines).toEqual(['one', 'tw', 'said', 'three', 'four'])
  expect(await readFile(log.path, 'utf8')).toBe('one\ntw\nsaid\nthree\nfour\n')
})

test('what is hidden never reaches the file that people read', async () => {
  const held: Buffer[] = []
  const { lines, log } = aLog({
    push(bytes) {
      held.push(Buffer.from(bytes))
      return Buffer.from('')
    },
    end: () => Buffer.from(Buffer.concat(held).toString().replace('hunter2', '[redacted]')),
  })
  await appendFile(log.raw, 'the word is hun')
  log.look()
  await appendFile(log.raw, 'ter2\n')
  log.end()
  expect(lines).toEqual(['the word is [redacted]'])
  expect(await readFile(log.path, 'utf8')).toBe('the word is [redacted]\n')
})
