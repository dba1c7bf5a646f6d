import { expect, test } from 'vitest'
import { instant, type VersionId } from '../core/index.ts'
import { type PlaceEvent, proofOf } from './index.ts'

const version = (number: number) => `ver_${number}` as VersionId
/** Oldest first, as one tells it; each a second after the one before. */
function history(...told: readonly string[]): readonly PlaceEvent[] {
  return told
    .map((words, i): PlaceEvent => {
      const [event, number, rollback] = words.split(' ')
      const base = { event: event!, version: version(Number(number)), at: instant(i * 1000), by: 'ada' }
      return rollback ? { ...base, rollback: true } : base
    })
    .toReversed()
}

test.each([
  [['served 2', 'served 3'], 'promoted'],
  [['served 3', 'canary 4', 'served 4'], 'promoted'],
  [['served 3', 'aborted 4'], 'promoted'],
  [['served 2', 'served 3', 'served 2 rollback'], 'rolled-back'],
  [['served 2', 'served 3', 'served 4', 'served 2 rollback'], 'rolled-back'],
  [['served 3', 'served 4', 'served 3 rollback'], 'promoted'],
  [['served 3', 'served 2 rollback', 'served 3'], 'promoted'],
  [['served 3', 'removed 3'], 'removed'],
  [['served 2', 'canary 3', 'aborted 3'], 'unknown'],
  [[], 'unknown'],
] as const)('%j: version 3 is %s', (told, kind) => {
  expect(proofOf(history(...told), version(3)).kind).toBe(kind)
})

test('a rollback says to what, when and by whom', () => {
  expect(proofOf(history('served 3', 'served 2 rollback'), version(3))).toEqual({
    kind: 'rolled-back',
    to: version(2),
    at: instant(1000),
    by: 'ada',
  })
})
