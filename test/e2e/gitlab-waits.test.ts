import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobView } from '../../src/api/index.ts'
import { startWorld, until, type World } from '../server/world.ts'
import { type RunnerHere, runnerHere } from './runner-world/here.ts'

let world: World
let runner: RunnerHere

/** The real server and a real runner: one file with every way in which jobs wait for each other. */
beforeAll(async () => {
  world = await startWorld()
  const [token, dataDir] = [await world.secret('runner'), join(world.folder, 'runner')]
  runner = runnerHere({ serverUrl: world.url, token, dataDir })
  await runner.ready
})
afterAll(async () => {
  await runner.stop()
  await world.stop()
})

const FILE = String.raw`
stages: [build, test, deploy]
variables:
  WHERE: "$CI_COMMIT_REF_NAME"
  DEEP: "$WHERE-x"
build:
  stage: build
  script:
    - echo "DEEP=$DEEP"
    - echo "VERSION=7" > vars.env
    - echo hello > out.txt
  artifacts:
    paths: [out.txt]
    reports:
      dotenv: vars.env
lenient:
  stage: build
  script: exit 42
  allow_failure:
    exit_codes: 42
unit:
  stage: test
  script:
    - cat out.txt
    - test "$VERSION" = 7
    - 'echo "Coverage: 87.5%"'
  coverage: '/Coverage: \d+\.\d+/'
fast:
  stage: test
  needs: [build]
  script: echo fast
review:
  stage: test
  when: manual
  script: echo "who $WHO"
broken:
  stage: test
  script: exit 1
  allow_failure: true
child:
  stage: deploy
  trigger:
    include: child.yml
    strategy: depend
tell:
  stage: deploy
  when: on_failure
  script: echo never
later:
  stage: deploy
  when: delayed
  start_in: 1 second
  script: echo later
`

const CHILD = `
inner:
  script: echo "from $CI_PIPELINE_SOURCE $DEEP"
`

async function logOf({ attempts }: JobView): Promise<string> {
  return world.admin('GET', `/attempts/${attempts.at(-1)!.id}/log`)
}

const jobsOf = async (number: number) =>
  new Map((await world.pipeline('waits', number)).jobs.map(job => [job.name, job]))

test('stages, needs, what may fail, what waits for a person or its time, and a child that is followed', async () => {
  const repository = await world.repository('waits', { '.gitlab-ci.yml': FILE, 'child.yml': CHILD })
  const { stderr } = await repository.push()
  const pipeline = await world.pipeline('waits', 1)
  const jobs = await jobsOf(1)
  const states = Object.fromEntries([...jobs].map(([name, { state }]) => [name, state]))
  expect(states, stderr).toEqual({
    build: 'succeeded',
    lenient: 'failed',
    unit: 'succeeded',
    fast: 'succeeded',
    review: 'waiting',
    broken: 'failed',
    child: 'succeeded',
    tell: 'skipped',
    later: 'succeeded',
  })
  expect(pipeline).toMatchObject({ state: 'succeeded', event: 'push', waiting: false })
  expect(pipeline.stages).toEqual(expect.arrayContaining(['build', 'test', 'deploy']))
  expect(jobs.get('unit')).toMatchObject({ stage: 'test', coverage: 87.5 })
  expect(jobs.get('lenient')).toMatchObject({ allowFailure: true })
  expect(await logOf(jobs.get('build')!)).toContain('DEEP=main-x')

  const { children } = jobs.get('child')!
  expect(children).toMatchObject([{ number: 2, state: 'succeeded' }])
  const child = await world.pipeline('waits', 2)
  expect(child).toMatchObject({ event: 'child', parent: { number: 1, job: 'child' } })
  expect(await logOf(child.jobs[0]!)).toContain('from parent_pipeline main-x')

  const review = jobs.get('review')!
  expect(review).toMatchObject({ start: 'manual', playable: true })
  await world.call('POST', `/api/v1/jobs/${review.id}/play`, {
    token: await world.secret(),
    body: { variables: { WHO: 'ada' } },
  })
  await until('review to end', async () => (await jobsOf(1)).get('review')?.state === 'succeeded')
  expect(await logOf((await jobsOf(1)).get('review')!)).toContain('who ada')
  await until('the pipeline to end', async () => (await world.pipeline('waits', 1)).state === 'succeeded')
})
