import { expect, test } from 'vitest'
import { aJob, aPlan, staged } from '../testing.ts'
import { graphMermaid, graphText } from './graph.ts'

const STAGED = aPlan(
  [
    ...staged('build', 'compile', 'docs'),
    ...staged('test', 'unit'),
    aJob('lint', { stage: 'test', order: 'dag' }),
    aJob('ship', { stage: 'deploy', order: 'stages', needs: ['unit'], start: { kind: 'manual' } }),
  ],
  { stages: ['build', 'test', 'deploy'] },
)

test('stages are drawn with their jobs, and arrows where a job waits for others than the stage before', () => {
  expect(graphText(STAGED).split('\n')).toEqual([
    'build',
    '├─ compile',
    '└─ docs',
    'test',
    '├─ unit',
    '└─ lint     ← nothing',
    'deploy',
    '└─ ship     ← unit  (manual)',
  ])
})

test('without stages a job stands as many steps in as jobs come before it', () => {
  const plan = aPlan([aJob('a'), aJob('b', { needs: ['a'] }), aJob('c', { needs: ['a', 'b'] })])
  expect(graphText(plan).split('\n')).toEqual([
    'step 1',
    '└─ a',
    'step 2',
    '└─ b  ← a',
    'step 3',
    '└─ c  ← a, b',
  ])
})

test('a plan without jobs is nothing to draw', () => {
  expect(graphText(aPlan([]))).toBe('')
})

test('mermaid has a box for each stage, an arrow for each need, and one between stages that wait', () => {
  const text = graphMermaid(STAGED)
  expect(text.split('\n').at(0)).toBe('flowchart LR')
  expect(text).toContain('subgraph s0["build"]')
  expect(text).toContain('  j2 --> j4')
  expect(text).toContain('  s0 --> s1')
  expect(text).not.toContain('  s1 --> s2')
})

test('what a job is called can not end its label', () => {
  const text = graphMermaid(aPlan([aJob('a"] --> evil["x')]))
  expect(text).toContain('["a#34;#93; --#62; evil#91;#34;x"]')
})
