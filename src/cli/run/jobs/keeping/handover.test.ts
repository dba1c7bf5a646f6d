import { expect, test } from 'vitest'
import { aJob, aPlan, staged } from '../../testing.ts'
import { sourcesOf, variableSourcesOf } from './handover.ts'

const PLAN = aPlan(
  [
    ...staged('build', 'one', 'two'),
    ...staged('test', 'unit'),
    aJob('quick', { stage: 'test', order: 'dag', needs: ['one'] }),
    aJob('picky', { stage: 'test', order: 'stages', inputs: ['two'], variablesFrom: ['one'] }),
    aJob('a'),
    aJob('b', { needs: ['a'] }),
    aJob('c', { needs: ['b'] }),
  ],
  { stages: ['build', 'test'] },
)

test.each([
  ['one', []],
  ['unit', ['one', 'two']],
  ['quick', ['one']],
  ['picky', ['two']],
  ['c', ['a', 'b']],
])('%s finds the files of %j', (name, sources) => {
  expect(sourcesOf(PLAN.jobs.find(job => job.name === name)!, PLAN)).toEqual(sources)
})

test('variables come from where files do, unless it is said', () => {
  const from = (name: string) => variableSourcesOf(PLAN.jobs.find(job => job.name === name)!, PLAN)
  expect(from('unit')).toEqual(['one', 'two'])
  expect(from('picky')).toEqual(['one'])
})
