import { expect, test } from 'vitest'
import { type InLine, nextInLine } from './turns.ts'

const job = (pipeline: string, position: number, state: InLine['state']): InLine => ({
  pipeline,
  position,
  state,
})
const told = (jobs: readonly InLine[], stuck: readonly string[] = []) => {
  const next = nextInLine(jobs, pipeline => stuck.includes(pipeline))
  return next && `${next.pipeline}.${next.position}`
}

test.each<[string, readonly InLine[], string | undefined]>([
  ['the oldest pipeline first', [job('p2', 0, 'ready'), job('p1', 7, 'ready')], 'p1.7'],
  ['within a pipeline in its order', [job('p1', 7, 'ready'), job('p1', 2, 'ready')], 'p1.2'],
  ['nobody while one runs', [job('p1', 7, 'running'), job('p2', 2, 'ready')], undefined],
  ['nobody overtakes an older pipeline', [job('p1', 7, 'blocked'), job('p2', 2, 'ready')], undefined],
  ['a newer one is not waited for', [job('p1', 7, 'ready'), job('p2', 2, 'blocked')], 'p1.7'],
  ['its own later jobs are not waited for', [job('p1', 7, 'ready'), job('p1', 2, 'blocked')], 'p1.7'],
  ['a job that waits for a person holds nobody up', [job('p1', 7, 'waiting'), job('p2', 2, 'ready')], 'p2.2'],
  ['nobody is ready', [job('p1', 7, 'blocked')], undefined],
])('%s', (_, jobs, expected) => {
  expect(told(jobs)).toBe(expected)
})

test('a pipeline that can not move on by itself is overtaken', () => {
  expect(told([job('p1', 7, 'blocked'), job('p2', 2, 'ready')], ['p1'])).toBe('p2.2')
})
