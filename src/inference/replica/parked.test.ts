import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Handler, Operation, Reply } from '../frames/index.ts'
import { answerOf, park, readParked } from './parked.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parked-'))
  path = join(folder, 'parked.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Says what it was asked, and for which versions as a codec does. */
const handler: Handler = {
  request: ({ operation, headers }, reply) =>
    reply({
      status: 200,
      headers: 'content-type: application/json\n',
      body: [Buffer.from(JSON.stringify({ operation, headers, versions: ['3'] }))],
    }),
}

function asked(operation: Operation, headers = '', body = ''): Parameters<typeof answerOf>[1] {
  return { operation, headers, body: Buffer.from(body) }
}

const told = (reply: Reply | undefined) => reply && JSON.parse(String(Buffer.concat([...reply.body])))

test('what was kept is answered by protocol, and all else wakes', async () => {
  await park(path, { version: 'ver_3', versionNumber: 3 }, handler)
  const parked = (await readParked(path))!
  expect(parked).toMatchObject({ version: 'ver_3', residentBytes: expect.any(Number) })
  expect(answerOf(parked, asked('metadata'))).toMatchObject({
    status: 200,
    headers: expect.stringContaining('application/json'),
  })
  expect(told(answerOf(parked, asked('statistics', 'protocol: grpc\n')))).toMatchObject({
    operation: 'statistics',
    headers: 'protocol: grpc\n',
  })
  expect(answerOf(parked, asked('metadata', 'protocol: another\n'))).toBeUndefined()
  expect(answerOf(parked, asked('metadata', '', '{}'))).toBeUndefined()
  expect(answerOf(parked, asked('infer'))).toBeUndefined()
  expect(answerOf(parked, asked('load'))).toBeUndefined()
})

test('metadata names the versions that are served now', async () => {
  await park(path, { version: 'ver_3', versionNumber: 3 }, handler)
  const parked = (await readParked(path))!
  expect(told(answerOf(parked, asked('metadata', 'versions: 1,3,10\n'))).versions).toEqual(['1', '3', '10'])
  expect(told(answerOf(parked, asked('metadata', 'versions: 3\nprotocol: grpc\n'))).versions).toEqual(['3'])
  expect(answerOf(parked, asked('metadata', 'versions: 1,3\nprotocol: grpc\n'))).toBeUndefined()
})

test.each(['', '{', '[]', '{"version":"a"}', '{"version":1,"answers":[]}', 'null'])(
  'a file with %j says nothing',
  async text => {
    await writeFile(path, text)
    expect(await readParked(path)).toBeUndefined()
    expect(await readParked(join(folder, 'none'))).toBeUndefined()
  },
)
