import { type Case, fails, says } from './types.ts'

/** Which jobs there are, what each waits for, and what makes what: stages, needs, matrices, child pipelines. */
export const ORDER: readonly Case[] = [
  {
    folder: 'concurrency',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { one: {}, two: {} } },
  },
  { folder: 'dependencies-not-found', outcome: { kind: 'problems', at: [7], says: /invalid/ } },
  {
    folder: 'list-case',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': says('ada', 'Hello, error!'),
        'build-job': { log: ['Build something'], after: ['test-job'] },
      },
    },
  },
  {
    folder: 'list-csv-case',
    file: '.gitlab-ci-description-colon.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': says('ada', 'Hello, error!'),
        'build-job': { log: ['Build something'], after: ['test-job'] },
      },
    },
  },
  {
    folder: 'list-csv-case',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': says('ada', 'Hello, error!'),
        'build-job': { log: ['Build something'], after: ['test-job'] },
        'exit-codes-job': { log: ['Exit codes'], after: [] },
        'deploy-job': { log: ['Deploy'], after: ['test-job', 'build-job', 'exit-codes-job'] },
      },
    },
  },
  {
    folder: 'log-padding',
    doc: 'ci/yaml#stages: a pipeline with jobs in .pre and .post alone does not run',
    outcome: { kind: 'nothing' },
  },
  {
    folder: 'needs-contains-dependencies',
    doc: 'ci/yaml#needsartifacts: dependencies beside needs name jobs that are needed',
    outcome: { kind: 'problems', at: [18], says: /two/ },
  },
  {
    folder: 'needs-invalid-stage',
    doc: 'ci/yaml#needs: jobs of the same stage or of earlier ones',
    outcome: { kind: 'problems', at: [9], says: /test-job/ },
  },
  { folder: 'needs-not-array', outcome: { kind: 'problems', at: [7] } },
  {
    folder: 'needs-optional',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'executed-job': { log: ['Job executed!'], after: [] } },
      out: ['skipped-job'],
    },
  },
  {
    folder: 'needs-optional-complex',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'validate-job': says('Validated!'),
        'executed-job': { log: ['Job executed!'], after: ['validate-job'] },
      },
      out: ['skipped-job'],
    },
  },
  {
    folder: 'needs-parallel',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'pre-job': { log: ['Pre something'], after: [] },
        'build-job': { log: ['Build something'], after: ['pre-job'] },
        'test-job': { log: ['Test something'], after: ['pre-job', 'build-job'] },
        'deploy-job': { log: ['Deploy something'], after: ['pre-job', 'build-job', 'test-job'] },
      },
    },
  },
  {
    folder: 'needs-parallel-matrix-artifacts',
    doc: 'ci/yaml/matrix_expressions: each of the one job needs its like of the other',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'build: [aws]': {},
        'build: [gcp]': {},
        'test: [aws]': { log: ['aws-data'], silent: ['gcp-data'], after: ['build: [aws]'] },
        'test: [gcp]': { log: ['gcp-data'], silent: ['aws-data'], after: ['build: [gcp]'] },
      },
      kept: ['tag-aws.txt', 'tag-gcp.txt'],
    },
  },
  {
    folder: 'needs-parallel-matrix-error',
    doc: 'ci/yaml#needsparallelmatrix: identifiers and values are those of the parallel:matrix job',
    outcome: { kind: 'problems', at: [13, 30, 49] },
  },
  {
    folder: 'needs-parallel-matrix-static',
    doc: 'ci/yaml#needsparallelmatrix: identifiers and values are selected from those of the job; a part selects all that have it',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'build-job: [foo]': says('build NAME=foo'),
        'build-job: [bar]': says('build NAME=bar'),
        'build-job: [beb]': says('build NAME=beb'),
        'build-multi: [x64, linux]': says('build-multi x64/linux'),
        'build-multi: [x64, mac]': says('build-multi x64/mac'),
        'build-multi: [arm, linux]': says('build-multi arm/linux'),
        'build-multi: [arm, mac]': says('build-multi arm/mac'),
        'test-single': { log: ['test-single ran'], after: ['build-job: [foo]'] },
        'test-array': { log: ['test-array ran'], after: ['build-job: [foo]', 'build-job: [bar]'] },
        'test-partial': {
          log: ['test-partial ran'],
          after: ['build-multi: [x64, linux]', 'build-multi: [x64, mac]'],
        },
        'test-full': { log: ['test-full ran'], after: ['build-multi: [x64, linux]'] },
        'test-optional-zero': { log: ['test-optional-zero ran'], after: [] },
      },
    },
  },
  {
    folder: 'needs-sequence',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'pre-job': says('Pre something'),
        'build-job': { log: ['Build something'], after: ['pre-job'] },
        'test-job': { log: ['Test something'], after: ['build-job'] },
        'deploy-job': { log: ['Deploy something'], after: ['test-job'] },
        'no-needs-job': { log: ['NoNeeds something'], after: ['pre-job', 'build-job'] },
        'premium-job': { outOfReach: "needs:project: another project's artifacts" },
      },
    },
  },
  { folder: 'needs-unspecified-job', outcome: { kind: 'problems', at: [3], says: /invalid/ } },
  {
    folder: 'parallel-matrix',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'pre-job': says('Pre-job'),
        'build-job: [foo]': says("NAME:'foo' 1/3", "NAME:'foo' 1/3"),
        'build-job: [bar]': says("NAME:'bar' 2/3", "NAME:'bar' 2/3"),
        'build-job: [beb]': says("NAME:'beb' 3/3", "NAME:'beb' 3/3"),
        'test-job: [foo, dev]': says("NAME:'foo' TIER:'dev' 1/7"),
        'test-job: [foo, sta]': says("NAME:'foo' TIER:'sta' 2/7"),
        'test-job: [foo, pro]': says("NAME:'foo' TIER:'pro' 3/7"),
        'test-job: [bar, dev]': says("NAME:'bar' TIER:'dev' 4/7"),
        'test-job: [bar, sta]': says("NAME:'bar' TIER:'sta' 5/7"),
        'test-job: [bar, pro]': says("NAME:'bar' TIER:'pro' 6/7"),
        'test-job: [beb]': {
          log: ["NAME:'beb' TIER:'' 7/7", 'build-job___bar_.txt'],
          after: ['pre-job', 'build-job: [foo]', 'build-job: [bar]', 'build-job: [beb]'],
        },
      },
      kept: ['bar', 'beb', 'foo'].map(name => `files/build-job___${name}_.txt`),
    },
  },
  {
    folder: 'parallel-matrix-long-name',
    doc: 'ci/yaml#parallelmatrix: names with the values in them have 255 characters at most',
    outcome: { kind: 'problems', at: [7], says: /255/ },
  },
  ...childPipelines(),
  { folder: 'self-dependency', outcome: { kind: 'problems', at: [6], says: /job/ } },
  { folder: 'stage-not-found', outcome: { kind: 'problems', at: [3], says: /invalid/ } },
  {
    folder: 'when-always',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: { 'build-job': fails(), 'test-job': { log: ['Test something'], after: ['build-job'] } },
    },
  },
]

function childPipelines(): readonly Case[] {
  const folder = 'parent-child'
  return [
    {
      folder,
      file: '.gitlab-ci-1.yml',
      doc: 'ci/yaml#triggerforward: YAML variables of the trigger job, global ones among them, are passed on',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          parent: {},
          'parent/child': says(
            'GLOBAL_VAR=i am global var',
            'JOB_VAR=i am job var',
            'PARENT_JOB_VAR=i am parent job var',
          ),
        },
      },
    },
    {
      folder,
      file: '.gitlab-ci-2.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          parent: {},
          'parent/child': {
            log: ['JOB_VAR=i am job var', 'PARENT_JOB_VAR=i am parent job var'],
            silent: ['GLOBAL_VAR'],
          },
        },
      },
    },
    {
      folder,
      file: '.gitlab-ci-3.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          parent: {},
          'parent/child': {
            log: [
              'GLOBAL_VAR_1=i am global var 1',
              'GLOBAL_VAR_3=i am global var 3',
              'PARENT_JOB_VAR=i am parent job var',
            ],
            silent: ['GLOBAL_VAR_2'],
          },
        },
      },
    },
    {
      folder,
      file: '.gitlab-ci-4.yml',
      doc: 'ci/variables#cicd-variable-precedence: what is passed on outranks the variables of jobs',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: { parent: {}, 'parent/child': says('JOB_VAR=i have a higher precedence') },
      },
    },
    {
      folder,
      file: '.gitlab-ci-5.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          'generate-config': {},
          'dynamic-pipeline': { after: ['generate-config'] },
          'dynamic-pipeline/child': says('i am generated'),
        },
        kept: ['generated-config.yml'],
      },
    },
    {
      folder,
      file: '.gitlab-ci-6.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          parent: {},
          'parent/nested-child-1': {},
          'parent/nested-child-1/nested-child-2': says('i am nested child 2'),
        },
      },
    },
    {
      folder,
      file: '.gitlab-ci-7.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: {
          'generate-config': {},
          'dynamic-pipeline-1': { after: ['generate-config'] },
          'dynamic-pipeline-1/child': says('i am generated'),
          'dynamic-pipeline-2': { after: ['generate-config'] },
          'dynamic-pipeline-2/child': says('i am generated'),
        },
        kept: ['generated-config.yml'],
      },
    },
    {
      folder,
      file: '.gitlab-ci-8.yml',
      outcome: {
        kind: 'runs',
        pipeline: 'succeeded',
        jobs: { trigger: {}, 'trigger/job': says('yay variable substitution works') },
      },
    },
  ]
}
