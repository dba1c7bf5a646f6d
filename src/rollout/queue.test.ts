import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JobId, RolloutId } from '../core/index.ts'
import { ROLLOUT_PHASES, type StoredRollout, supersededIn } from './index.ts'

type Waiting = Pick<StoredRollout, 'id' | 'phase' | 'job' | 'supersede'>
const JOB = 'job_1' as JobId
const aWaiting = (id: string, change: Partial<Waiting> = {}): Waiting => ({
  id: id as RolloutId,
  phase: 'queued',
  job: JOB,
  ...change,
})
const SAYS_SO = { supersede: true } as const
const BY_HAND = { job: undefined } as unknown as Partial<Waiting>

test.each<[string, readonly Waiting[], string | undefined]>([
  ['nobody where none says so', [aWaiting('a'), aWaiting('b')], undefined],
  ['the older by the newer', [aWaiting('a'), aWaiting('b', SAYS_SO)], 'a by b'],
  ['nobody by an older', [aWaiting('a', SAYS_SO), aWaiting('b')], undefined],
  ['the oldest by the newest', [aWaiting('a'), aWaiting('b', SAYS_SO), aWaiting('c', SAYS_SO)], 'a by c'],
  ['nobody who left the queue', [aWaiting('a', { phase: 'progressing' }), aWaiting('b', SAYS_SO)], undefined],
  ['no return by hand', [aWaiting('a', BY_HAND), aWaiting('b', SAYS_SO)], undefined],
])('superseded is %s', (_, queue, expected) => {
  const found = supersededIn(queue)
  expect(found && `${found.rollout.id} by ${found.by}`).toBe(expected)
})

test('of every queue the newest waits on, those that moved too, and it comes to an end', () => {
  const one = fc.record({
    phase: fc.constantFrom(...ROLLOUT_PHASES),
    supersede: fc.boolean(),
    byHand: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), made => {
      let queue = made.map(({ phase, supersede, byHand }, i) =>
        aWaiting(`${i}`, { phase, ...(supersede && SAYS_SO), ...(byHand && BY_HAND) }),
      )
      const ended: Waiting[] = []
      for (let found = supersededIn(queue); found; found = supersededIn(queue)) {
        const { rollout } = found
        ended.push(rollout)
        queue = queue.filter(({ id }) => id !== rollout.id)
      }
      const newest = made.findLastIndex(({ phase, byHand }) => phase === 'queued' && !byHand)
      expect(ended.every(({ phase, job }) => phase === 'queued' && job === JOB)).toBe(true)
      expect(ended.map(({ id }) => id)).not.toContain(`${newest}`)
    }),
  )
})
