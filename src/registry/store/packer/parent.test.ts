import { expect, test } from 'vitest'
import { digestOf, type PackId } from '../../../core/index.ts'
import type { PackWork } from '../packing.ts'
import { childPacker, type PackerOptions } from './parent.ts'

const DIGEST = digestOf('the object')
const WORK: PackWork = {
  digest: DIGEST,
  size: 1000,
  path: '/nowhere/object',
  draft: { id: 'pak_1' as PackId, path: '/nowhere/draft' },
  places: async () => new Map(),
  ancestors: async () => [],
}

/** What a process does that is no packer. */
function packing(
  script: string,
  options: Partial<PackerOptions> = {},
  { signal = new AbortController().signal, work = WORK } = {},
): Promise<void> {
  const command = [process.execPath, '-e', script]
  return childPacker({ command, threads: 0, wholePath: async () => undefined, ...options }).pack(work, signal)
}

const onWork = (then: string) => `process.on('message', message => { ${then} })`
const failed = (message: RegExp) => ({
  code: 'PACKING_FAILED',
  message: expect.stringMatching(message),
  details: { digest: DIGEST },
})

test('one that says it is done is believed: the index is made of the pack itself', async () => {
  await packing(onWork(`process.send({ kind: 'done', packSize: 7 }, () => process.exit(0))`))
})

test('its questions are answered', async () => {
  const asked: string[] = []
  const work: PackWork = {
    ...WORK,
    places: async chunks => {
      asked.push(...chunks)
      return new Map()
    },
    ancestors: async layout => {
      asked.push(layout ?? 'no layout')
      return []
    },
  }
  const script = `
    process.on('message', message => {
      if (message.kind === 'work') process.send({ kind: 'ask-places', ask: 1, chunks: ['a', 'b'] })
      if (message.kind === 'places') process.send({ kind: 'ask-ancestors', ask: message.ask + 1 })
      if (message.kind === 'ancestors') process.send({ kind: 'done', packSize: message.ask }, () => process.exit(0))
    })`
  await packing(script, {}, { work })
  expect(asked).toEqual(['a', 'b', 'no layout'])
})

test.each([
  {
    what: 'is killed',
    script: onWork(`process.kill(process.pid, 'SIGSEGV')`),
    said: /SIGSEGV/,
  },
  {
    what: 'ends without a word',
    script: onWork('process.exit(3)'),
    said: /exit code 3/,
  },
  {
    what: 'throws',
    script: onWork(`throw new Error('out of ideas')`),
    said: /exit code 1.*out of ideas/s,
  },
  {
    what: 'says why',
    script: onWork(`process.send({ kind: 'failed', message: 'too many pieces' }, () => process.exit(0))`),
    said: /failed: too many pieces/,
  },
  { what: 'can not be started', script: '', options: { command: ['/no/such/program'] }, said: /ENOENT/ },
  {
    what: 'hangs',
    script: onWork(''),
    options: { deadline: () => 50 },
    said: /took too long/,
  },
  {
    what: 'takes all memory',
    script: onWork(`globalThis.much = Buffer.alloc(200e6, 1)`),
    options: { maxRss: 150e6 },
    said: /bytes of memory, more than 150000000/,
  },
])('one that $what costs one attempt', async ({ script, options = {}, said }) => {
  await expect(packing(script, options)).rejects.toMatchObject(failed(said))
})

test('a full disk is told as such', async () => {
  const script = onWork(
    `process.send({ kind: 'failed', code: 'DISK_FULL', message: 'No space left' }, () => process.exit(0))`,
  )
  await expect(packing(script)).rejects.toMatchObject({ code: 'DISK_FULL', message: 'No space left' })
})

test('a question that can not be answered ends it', async () => {
  const work: PackWork = {
    ...WORK,
    places: async () => {
      throw new Error('the database is gone')
    },
  }
  const script = onWork(`process.send({ kind: 'ask-places', ask: 1, chunks: ['a'] })`)
  await expect(packing(script, {}, { work })).rejects.toMatchObject(failed(/the database is gone/))
})

test('it ends when the server stops, at once and midway', async () => {
  const stopped = { code: 'PACKING_STOPPED' }
  await expect(packing(onWork(''), {}, { signal: AbortSignal.abort() })).rejects.toMatchObject(stopped)
  const stopping = new AbortController()
  const work: PackWork = {
    ...WORK,
    places: async () => {
      stopping.abort()
      return new Map()
    },
  }
  const script = onWork(`process.send({ kind: 'ask-places', ask: 1, chunks: ['a'] })`)
  await expect(packing(script, {}, { work, signal: stopping.signal })).rejects.toMatchObject(stopped)
})
