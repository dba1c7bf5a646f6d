import { type Case, contained, says } from './types.ts'

/** Which jobs are in: rules and workflow. */
const DROPPED = 'reads script.sh, which the corpus leaves out'
const CHAIN = 'validate-dependency-chain'

export const DECISIONS: readonly Case[] = [
  {
    folder: 'list-environment',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'test-job': says('testing'),
        'build-job': { log: ['building'], environment: 'staging', after: ['test-job'] },
        'deploy-job': { log: ['deploying'], environment: 'production', after: ['build-job'] },
      },
    },
  },
  {
    folder: 'never',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('Test something') },
      out: ['never-job'],
    },
  },
  {
    folder: 'rules-exists',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'executed-job-file': says('File Executed!'),
        'executed-job-paths': says('rules:exists:paths works!'),
        'executed-job-dir': says('Directory Executed!'),
        'executed-job-dir-recursive': says('Directory Recursive Executed!'),
        'var-expand-test': says(
          'existsDir/existDirNested/recursive.file successfully found, even though dir value was found via variable',
        ),
      },
      out: ['skipped-job-file', 'skipped-job-dir', 'skipped-job-dir-recursive', 'rule-exist-empty-string'],
    },
  },
  {
    folder: CHAIN,
    when: 'without a variable',
    outcome: {
      kind: 'nothing',
      out: [
        'alpine-guest',
        'alpine-root',
        'kaniko-root',
        'kaniko-guest',
        'build-job-1',
        'test-job',
        'build-job-2',
        'broken-dependencies-job',
      ],
    },
  },
  {
    folder: CHAIN,
    when: 'RUN_ALL',
    occasion: { var: ['RUN_ALL=true'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'alpine-guest': { ...contained('nginxinc/nginx-unprivileged'), outOfReach: DROPPED },
        'alpine-root': { outOfReach: DROPPED },
        'kaniko-root': { outOfReach: DROPPED },
        'kaniko-guest': { outOfReach: DROPPED },
        'build-job-1': says('build 1'),
        'build-job-2': says('build 2'),
        'test-job': { log: ['testing'], after: ['build-job-1', 'build-job-2'] },
      },
      out: ['broken-dependencies-job'],
    },
  },
  {
    folder: CHAIN,
    when: 'alpine-root needs what is not in',
    occasion: { var: ['RUN_SINGLE=alpine-root'] },
    outcome: { kind: 'problems', at: [18], says: /kaniko-root/ },
  },
  {
    folder: CHAIN,
    when: 'alpine-guest needs what is not in',
    occasion: { var: ['RUN_SINGLE=alpine-guest'] },
    outcome: { kind: 'problems', at: [8], says: /alpine-root/ },
  },
  {
    folder: CHAIN,
    when: 'dependencies of a job that is not in',
    doc: 'ci/yaml#dependencies: from where artifacts come; a job that is not in has none',
    occasion: { var: ['TEST_DEPENDENCIES=true'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'build-job-1': says('build 1'),
        'broken-dependencies-job': says('This has broken dependencies'),
      },
      out: ['alpine-guest', 'alpine-root', 'kaniko-root', 'kaniko-guest', 'test-job', 'build-job-2'],
    },
  },
  {
    folder: 'workflow-rules-variables',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('WORKFLOW_VAR=from-workflow-rules') },
    },
  },
  {
    folder: 'workflow-rules-variables',
    file: '.gitlab-ci-job-override.yml',
    doc: "ci/yaml#workflowrulesvariables: a job's own variable of that name counts",
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('WORKFLOW_VAR=from-job') },
    },
  },
  {
    folder: 'workflow-rules-variables',
    file: '.gitlab-ci-no-match.yml',
    outcome: { kind: 'nothing' },
  },
]
