import { describe, expect, test } from 'vitest'
import { aJob } from '../test-plans.ts'
import type { PlannedJob } from '../types.ts'
import { compilePlan } from './plan.ts'
import { buildPlan, type PlanInput } from './stages.ts'

const everything: PlanInput = {
  jobs: [],
  modelFile: 'model.onnx',
  hasData: true,
  hasGates: true,
  onDefaultBranch: true,
  branch: 'main',
  environments: [{ name: 'production', approval: false, allowed: true }],
}

/** `name <- needs`, a line for each job. */
function planned(input: Partial<PlanInput>): string[] {
  const { jobs } = buildPlan({ ...everything, ...input })
  return jobs.map(({ name, needs }) => `${name} <- ${needs.join(' ')}`.trim())
}

function jobOf(name: string, input: Partial<PlanInput>): PlannedJob {
  return buildPlan({ ...everything, ...input }).jobs.find(job => job.name === name)!
}

describe('the stages of a plan', () => {
  test('a model alone is inspected, registered and deployed', () => {
    expect(planned({ hasData: false, hasGates: false })).toEqual([
      'scan <-',
      'inspect <- scan',
      'register <- inspect',
      'deploy:production <- register',
    ])
  })

  test('with data and gates it is judged in between', () => {
    expect(planned({})).toEqual([
      'scan <-',
      'inspect <- scan',
      'evaluate <- inspect',
      'gate <- evaluate',
      'register <- gate',
      'deploy:production <- register',
    ])
  })

  test('variants are made once the model has passed, and nothing that becomes of them keeps it from shipping', () => {
    expect(planned({ optimizes: true }).slice(2)).toEqual([
      'evaluate <- inspect',
      'gate <- evaluate',
      'optimize <- gate',
      'register <- optimize gate',
      'deploy:production <- register',
    ])
    expect(jobOf('optimize', { optimizes: true })).toMatchObject({
      allowFailure: true,
      artifacts: ['.ballast/**'],
    })
    expect(planned({ optimizes: true, hasGates: false })).toContain('register <- optimize evaluate')
    const elsewhere = { optimizes: true, onDefaultBranch: false, environments: [] }
    expect(jobOf('optimize', elsewhere).skip).toMatch(/nothing is deployed/)
  })

  test('a model of another format is converted before it is judged', () => {
    const train = aJob('train', [], { artifacts: ['model.pkl'] })
    const answers = aJob('answers', [], { artifacts: ['out/**'] })
    const input = {
      jobs: [train, answers, aJob('unit')],
      modelFile: 'model.pkl',
      samples: 'out/model.samples.npz',
    }
    expect(planned(input)).toEqual([
      'train <-',
      'answers <-',
      'unit <-',
      'scan <- train',
      'inspect <- scan train',
      'convert <- inspect train answers',
      'evaluate <- convert train answers unit',
      'gate <- evaluate train',
      'register <- gate train',
      'deploy:production <- register',
    ])
    expect(jobOf('convert', input).artifacts).toEqual(['.ballast/**'])
  })

  test('the tests pass before the model is judged, while inspect starts at once', () => {
    expect(planned({ jobs: [aJob('lint'), aJob('unit', ['lint'])] })).toEqual([
      'lint <-',
      'unit <- lint',
      'scan <-',
      'inspect <- scan',
      'evaluate <- inspect unit',
      'gate <- evaluate',
      'register <- gate',
      'deploy:production <- register',
    ])
  })

  test('every stage needs the job that makes the model, by a pattern too', () => {
    const train = aJob('train', [], { artifacts: ['out/*.onnx'] })
    expect(planned({ jobs: [train, aJob('unit')], modelFile: 'out/model.onnx' })).toEqual([
      'train <-',
      'unit <-',
      'scan <- train',
      'inspect <- scan train',
      'evaluate <- inspect train unit',
      'gate <- evaluate train',
      'register <- gate train',
      'deploy:production <- register',
    ])
  })

  test('a job that may fail vouches for nothing: what it needs is needed itself', () => {
    const jobs = [aJob('unit'), aJob('report', ['unit'], { allowFailure: true })]
    expect(jobOf('evaluate', { jobs }).needs).toEqual(['inspect', 'unit', 'report'])
  })

  test('a job that a rule skips, and what needs it, keep no model from being judged', () => {
    const jobs = [aJob('nightly', [], { skip: 'only at night' }), aJob('after', ['nightly']), aJob('unit')]
    expect(jobOf('evaluate', { jobs }).needs).toEqual(['inspect', 'unit'])
  })
})

describe('register', () => {
  test.each([
    { where: 'the default branch', onDefaultBranch: true, environments: [], skipped: false },
    {
      where: 'a branch that deploys',
      onDefaultBranch: false,
      environments: everything.environments,
      skipped: false,
    },
    { where: 'a branch that deploys nowhere', onDefaultBranch: false, environments: [], skipped: true },
    {
      where: 'a branch whose deployment is refused',
      onDefaultBranch: false,
      environments: [{ name: 'production', approval: false, allowed: false }],
      skipped: true,
    },
  ])('on $where', ({ onDefaultBranch, environments, skipped }) => {
    const { skip } = jobOf('register', { onDefaultBranch, environments, branch: 'topic' })
    expect(skip === undefined).toBe(!skipped)
    if (skipped) expect(skip).toContain("'topic'")
  })
})

describe('deploy', () => {
  test('says whether it waits for approval', () => {
    const environments = [{ name: 'production', approval: true, allowed: true }]
    expect(jobOf('deploy:production', { environments }).work).toEqual({
      kind: 'deploy',
      environment: 'production',
      approval: true,
    })
  })
  test('has a name of its own where one is given, and registers a version', () => {
    const environments = [{ name: 'preview-topic', job: 'deploy:preview', approval: false, allowed: true }]
    const input = { environments, onDefaultBranch: false, branch: 'topic' }
    expect(jobOf('deploy:preview', input).work).toMatchObject({ environment: 'preview-topic' })
    expect(jobOf('register', input).skip).toBeUndefined()
  })
  test('waits for the environments that it takes its versions from, where this pipeline deploys there', () => {
    const target = (name: string, ...from: readonly string[]) => ({
      name,
      approval: false,
      allowed: true,
      from,
    })
    const environments = [
      target('production', 'staging', 'elsewhere'),
      target('staging', 'qa'),
      target('qa'),
      target('here', 'there'),
      target('there', 'here'),
    ]
    const { jobs } = buildPlan({ ...everything, environments })
    const needs = Object.fromEntries(jobs.map(job => [job.name, job.needs]))
    expect(needs).toMatchObject({
      'deploy:production': ['register', 'deploy:staging'],
      'deploy:staging': ['register', 'deploy:qa'],
      'deploy:qa': ['register'],
      // A circle of a file and a policy: each is refused when its turn comes.
      'deploy:here': ['register'],
      'deploy:there': ['register'],
    })
    const order = jobs.map(({ name }) => name)
    expect(order.indexOf('deploy:qa')).toBeLessThan(order.indexOf('deploy:staging'))
  })
  test('is skipped with the reason where the policy refuses', () => {
    const environments = [{ name: 'production', approval: false, allowed: false, refusal: 'only release/*' }]
    expect(jobOf('deploy:production', { environments }).skip).toBe('only release/*')
  })
})

test('what buildPlan makes of compiled jobs has every need, in order', () => {
  const compiled = compilePlan([aJob('b', ['a']), aJob('a'), aJob('c', ['b', 'a'])])
  if (compiled.kind !== 'plan') throw new Error('no plan')
  const seen = new Set<string>()
  for (const { name, needs } of buildPlan({ ...everything, jobs: compiled.plan.jobs }).jobs) {
    expect(needs.filter(need => !seen.has(need))).toEqual([])
    seen.add(name)
  }
  expect(seen.size).toBe(9)
})

test('a model that can not be served yet is scanned, inspected and registered, and says why it is not deployed', () => {
  const notServed = 'its format has no graph'
  const { jobs } = buildPlan({ ...everything, hasData: false, hasGates: false, notServed })
  expect(jobs.map(({ name, skip }) => [name, skip])).toEqual([
    ['scan', undefined],
    ['inspect', undefined],
    ['register', undefined],
    ['deploy:production', notServed],
  ])
})

test('a SavedModel is made by a job that keeps the files of its folder', () => {
  const train = aJob('train', [], { artifacts: ['out/net/**'] })
  expect(planned({ jobs: [train], modelFile: 'out/net' })).toContain('scan <- train')
})

describe('behind the jobs of a dialect', () => {
  const stages = ['build', 'test']
  const train = aJob('train', [], { artifacts: ['*.onnx'], order: 'stages', stage: 'build' })
  const unit = aJob('unit', [], { order: 'stages', stage: 'test' })

  test('the stages of the model are the last one of the plan, and need each other and what makes the model', () => {
    expect(buildPlan({ ...everything, jobs: [train, unit], stages }).stages).toEqual([...stages, 'model'])
    expect(planned({ jobs: [train, unit], stages })).toEqual([
      'train <-',
      'unit <-',
      'scan <- train',
      'inspect <- scan train',
      'evaluate <- inspect train',
      'gate <- evaluate train',
      'register <- gate train',
      'deploy:production <- register',
    ])
    expect(jobOf('register', { jobs: [train, unit], stages })).toMatchObject({
      order: 'stages',
      stage: 'model',
    })
  })

  test('where some job is sure to make the model, one that may be left alone is not waited for', () => {
    const again = aJob('retrain', [], {
      artifacts: ['model.onnx'],
      start: { kind: 'manual' },
      allowFailure: true,
    })
    expect(jobOf('scan', { jobs: [train, again], stages }).needs).toEqual(['train'])
    expect(jobOf('scan', { jobs: [again], stages }).needs).toEqual(['retrain'])
  })

  test('names that are taken are left to the user', () => {
    const jobs = [
      aJob('scan', [], { artifacts: ['model.onnx'] }),
      aJob('deploy:production'),
      aJob('register'),
    ]
    expect(planned({ jobs, stages: ['model'], hasData: false, hasGates: false })).toEqual([
      'scan <-',
      'deploy:production <-',
      'register <-',
      'ballast:scan <- scan',
      'inspect <- ballast:scan scan',
      'ballast:register <- inspect scan',
      'ballast:deploy:production <- ballast:register',
    ])
    expect(buildPlan({ ...everything, jobs, stages: ['model'] }).stages).toEqual(['model', 'ballast:model'])
  })
})
