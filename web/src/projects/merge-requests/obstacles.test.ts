import { expect, test } from 'vitest'
import type { PipelineSummary } from '../../../../src/api/views.ts'
import { obstaclesTo } from './obstacles.ts'

const ready = {
  state: 'open',
  draft: false,
  external: null,
  needsSuccess: false,
  pipeline: null,
  conflicts: [],
} as const
const aPipeline = (state: PipelineSummary['state']): PipelineSummary => ({
  id: 'ppl_1',
  number: 7,
  project: 'team/web',
  commit: 'c'.repeat(40),
  ref: 'refs/heads/topic',
  title: 'a change',
  by: 'ada',
  event: 'push',
  state,
  waiting: false,
  createdAt: '2026-01-01T00:00:00Z',
  endedAt: null,
})

test.each([
  ['nothing', {}, []],
  ['nothing when it is merged', { state: 'merged', draft: true, conflicts: null }, []],
  ['that it is a draft', { draft: true }, [{ kind: 'draft' }]],
  ['its forge', { external: 'github#12' }, [{ kind: 'elsewhere', external: 'github#12' }]],
  ['conflicts', { conflicts: ['a.txt'] }, [{ kind: 'conflicts', paths: ['a.txt'] }]],
  ['a target that is gone', { conflicts: null }, [{ kind: 'no-target' }]],
  ['a pipeline that is not there', { needsSuccess: true }, [{ kind: 'no-pipeline' }]],
  [
    'a pipeline that failed',
    { needsSuccess: true, pipeline: aPipeline('failed') },
    [{ kind: 'pipeline', number: 7, state: 'failed' }],
  ],
  ['no pipeline that it does not need', { pipeline: aPipeline('failed') }, []],
  ['no pipeline that succeeded', { needsSuccess: true, pipeline: aPipeline('succeeded') }, []],
] as const)('in its way is %s', (_, request, obstacles) => {
  expect(obstaclesTo({ ...ready, ...request } as Parameters<typeof obstaclesTo>[0])).toEqual(obstacles)
})
