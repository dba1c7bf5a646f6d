import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Gather, type Key, staleAfter } from './invalidation.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('figures of traffic make no version and no pipeline be read again', () => {
  const keys = staleAfter({ kind: 'traffic', project: 'prj_1', model: 'digits' }).map(([first]) => first)
  expect(keys).toEqual(['models', 'model'])
})

test('a pipeline that moved is read again, with the lists that show it', () => {
  expect(staleAfter({ kind: 'pipeline', project: 'prj_1', pipeline: 'ppl_1' })).toEqual(
    expect.arrayContaining([['pipeline', 'ppl_1'], ['pipelines'], ['models']]),
  )
})

test('what moved of a model is read again, with the history of it', () => {
  for (const change of [
    { kind: 'model', project: 'prj_1', model: 'digits' },
    { kind: 'rollout', project: 'prj_1', model: 'digits', rollout: 'rol_1' },
  ] as const)
    expect(staleAfter(change)).toEqual(
      expect.arrayContaining([['models'], ['model', 'digits'], ['versions', 'digits'], ['log', 'digits']]),
    )
})

test('a burst of changes is handed on once, each key once', () => {
  const flushed: (readonly Key[])[] = []
  const gather = new Gather(250, keys => flushed.push(keys))
  for (let i = 0; i < 100; i++) gather.add([['models'], ['model', 'digits']])
  expect(flushed).toEqual([])
  vi.advanceTimersByTime(250)
  expect(flushed).toEqual([[['models'], ['model', 'digits']]])
  gather.add([['models']])
  vi.advanceTimersByTime(250)
  expect(flushed).toHaveLength(2)
})

test('while what changed is being read, what changes meanwhile waits, and is read then', async () => {
  const reads: { readonly keys: readonly Key[]; readonly done: () => void }[] = []
  const gather = new Gather(250, keys => new Promise<void>(done => reads.push({ keys, done })))
  gather.add([['pipeline', 'ppl_1']])
  await vi.advanceTimersByTimeAsync(250)
  gather.add([['pipeline', 'ppl_1']])
  await vi.advanceTimersByTimeAsync(5000)
  expect(reads).toHaveLength(1)
  reads[0]!.done()
  await vi.advanceTimersByTimeAsync(250)
  expect(reads.map(({ keys }) => keys)).toEqual([[['pipeline', 'ppl_1']], [['pipeline', 'ppl_1']]])
})

test('a read that fails holds up none', async () => {
  const flush = vi.fn(() => Promise.reject(new Error('gone')))
  const gather = new Gather(250, flush)
  for (let i = 0; i < 3; i++) {
    gather.add([['models']])
    await vi.advanceTimersByTimeAsync(250)
  }
  expect(flush).toHaveBeenCalledTimes(3)
})

test('what waits when it is closed is forgotten', () => {
  const flush = vi.fn()
  const gather = new Gather(250, flush)
  gather.add([['models']])
  gather.close()
  vi.advanceTimersByTime(1000)
  expect(flush).not.toHaveBeenCalled()
})
