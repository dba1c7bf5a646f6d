import { expect, test } from 'vitest'
import { aJob, aPlan, staged } from '../testing.ts'
import { planText } from './list.ts'

const at = (line: number) => ({ file: 'ci.yml', line, column: 1 })

test('jobs are listed by stage, with when, why and where; those that are out have their reason', () => {
  const plan = aPlan(
    [
      ...staged('build', 'compile'),
      aJob('ship', {
        stage: 'deploy',
        order: 'stages',
        needs: ['compile'],
        start: { kind: 'delayed', delay: 90_000 },
        allowFailure: true,
        labels: ['gpu'],
        why: 'if: $CI_COMMIT_TAG',
        at: at(7),
      }),
    ],
    { stages: ['build', 'deploy'], excluded: [{ name: 'nightly', at: at(12), reason: 'no rule matches' }] },
  )
  expect(planText(plan, 'ci.yml').split('\n')).toEqual([
    'ci.yml: 2 jobs',
    'stages: build → deploy',
    '',
    'JOB      STAGE   WHEN                          NEEDS           WITH  WHY                 AT',
    'compile  build   on success                    earlier stages',
    'ship     deploy  delayed 1 min 30 s, may fail  compile         gpu   if: $CI_COMMIT_TAG  ci.yml:7:1',
    '',
    'not in this pipeline: 1 job',
    'JOB      WHY NOT          AT',
    'nightly  no rule matches  ci.yml:12:1',
  ])
})

test('columns that say nothing of any job are left out', () => {
  expect(
    planText(aPlan([aJob('only')]), 'ballast.yaml')
      .split('\n')
      .at(2),
  ).toBe('JOB   WHEN        NEEDS')
})
