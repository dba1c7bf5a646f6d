import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CoreError, digestOf, hexOf, instant, newId } from '../../core/index.ts'
import { answerBatch, parseBatch } from './batch.ts'
import { isJson } from './messages.ts'
import type { LfsHost } from './ports.ts'

const nobody = async () => {
  throw new Error('Not asked here')
}

/** A host that has room for so many bytes. */
function aHost(room: number): LfsHost {
  return {
    authorize: nobody,
    objects: {
      received: async () => new Map(),
      rely: nobody,
      async allow(_, bytes) {
        if (bytes > room) throw new CoreError('DISK_FULL', { message: `No room for ${bytes}` })
      },
      receive: nobody,
      read: nobody,
    },
    partials: { offset: nobody, append: nobody, read: nobody, remove: nobody },
    locks: { lock: nobody, locks: nobody, unlock: nobody },
    publicUrl: 'http://ballast',
    sign: async () => 'a'.repeat(64),
    stillMay: async () => true,
    mayBreakLocks: async () => false,
  }
}

test('objects that fit alone do not all fit together; one that is asked for twice counts once', async () => {
  const objects = ['a', 'b', 'a', 'c'].map(text => ({ oid: hexOf(digestOf(text)), size: 40 }))
  const parsed = parseBatch({ operation: 'upload', objects })
  if (parsed.kind !== 'batch') throw new Error(parsed.message)
  const answer = await answerBatch(parsed.batch, {
    host: aHost(100),
    clock: { now: () => instant(0) },
    origin: 'http://ballast',
    repository: 'digits',
    project: newId('project'),
    principal: newId('principal'),
  })
  expect(answer).toMatchObject({
    transfer: 'basic',
    objects: [
      { actions: { upload: {} } },
      { actions: { upload: {} } },
      { actions: { upload: {} } },
      { error: { code: 507, message: expect.stringContaining('120') } },
    ],
  })
})

test('any JSON is a batch or a problem', () => {
  const shaped = fc.record(
    {
      operation: fc.oneof(fc.constantFrom('upload', 'download'), fc.jsonValue()),
      transfers: fc.jsonValue(),
      hash_algo: fc.oneof(fc.constant('sha256'), fc.jsonValue()),
      objects: fc.oneof(fc.array(fc.record({ oid: fc.jsonValue(), size: fc.jsonValue() })), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(shaped, fc.jsonValue()), value => {
      if (!isJson(value)) return
      const parsed = parseBatch(value)
      if (parsed.kind === 'problem') expect(parsed.status).toBeGreaterThanOrEqual(400)
      else for (const asked of parsed.batch.objects) expect(['object', 'error']).toContain(asked.kind)
    }),
  )
})
