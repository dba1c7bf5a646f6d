import { describe, expect, test } from 'vitest'
import { compile, planOf } from './test-compile.ts'

describe('the pipeline', () => {
  test('takes its name, variables and cancellation from workflow', async () => {
    const plan = await planOf(
      `
workflow:
  name: to $WHERE
  auto_cancel: { on_new_commit: interruptible }
  rules:
    - if: $MAIN
      variables: { WHERE: production }
      auto_cancel: { on_job_failure: all }
    - when: always
variables: { WHERE: staging }
j: { script: x }
`,
      ['$MAIN'],
    )
    expect(plan).toMatchObject({
      name: 'to production',
      autoCancel: { onNewCommit: 'interruptible', onJobFailure: 'all' },
      jobs: [{ env: { WHERE: 'production' } }],
    })
  })

  test('tells which jobs are out, and why the others are in', async () => {
    const plan = await planOf(
      'a: { script: x, rules: [{ if: $A }] }\nb: { script: x, only: [tags] }\nc: { script: x, rules: [{ if: $C }] }',
      ['$C'],
    )
    expect(plan.jobs.map(({ name, why }) => [name, why])).toEqual([['c', '$C']])
    expect(plan.excluded?.map(({ name, reason }) => [name, reason])).toEqual([
      ['a', 'no rule holds'],
      ['b', 'only for tags'],
    ])
  })

  test.each([
    ['workflow: { rules: [{ if: $NO }] }\na: { script: x }', 'no rule holds'],
    ['a: { script: x, rules: [{ when: never }] }', 'no job is for this occasion'],
    [
      'a: { script: x, stage: .pre }\nb: { script: x, stage: .post }',
      'there are jobs in .pre and .post alone',
    ],
  ])('%j makes nothing', async (text, reason) => {
    expect(await compile(text)).toMatchObject({ kind: 'nothing', reason })
  })
})
