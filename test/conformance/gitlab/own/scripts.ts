import { type Case, fails, says } from '../types.ts'

/** Of this repository's own cases: what scripts find, and what their failure means. */
export const SCRIPTS: readonly Case[] = [
  {
    folder: 'after-script',
    doc: 'ci/yaml#after_script: a shell of its own, in the folder of the project; no effect on the result; before artifacts',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        tidy: says('shell=before folder=inner', /^shell= folder=.+ status=success$/),
        broken: { ...fails('status=failed'), forgiven: true, silent: ['never'] },
        late: { after: ['tidy', 'broken'] },
      },
      kept: ['inner/report.log'],
    },
  },
  {
    folder: 'environments',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        live: {
          log: ['production production https://production.example.com'],
          environment: 'production',
        },
        spaced: says(/^Stage Domain stage-domain-[a-z0-9]{6}$/),
        review: { log: ['review/main action=start'], environment: 'review/main' },
        unreview: { state: 'waiting' },
      },
    },
  },
  {
    folder: 'failures',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        pipe: { state: 'failed', silent: ['never'] },
        middle: { ...fails('one'), forgiven: true, silent: ['two'] },
        'other-code': fails(),
        condition: says('or', 'all'),
        substitution: { state: 'failed', silent: ['never'] },
        unbound: says('[]'),
        twice: { ...fails('try', 'try'), forgiven: true },
        'on-failure': says('told'),
        'on-success': { state: 'skipped' },
        'needs-good': { log: ['went'], after: ['condition'] },
        'needs-bad': { state: 'skipped' },
        'needs-forgiven': { log: ['went too'], after: ['middle'] },
        always: { log: ['anyway'], after: ['other-code', 'pipe'] },
      },
    },
  },
  {
    folder: 'git',
    doc: 'ci/runners/configure_runners#git-strategy',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'with-files': {}, 'without-files': {}, empty: {}, short: {} },
    },
  },
  {
    folder: 'predefined',
    when: 'a push',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        names: says(
          'project conformance conformance/project conformance-project conformance',
          'main main main [] main',
          'names names test push true true yes',
          'All of it|ada <ada@example.com>|ada',
        ),
        'Some Job / with: "a name"': says('some-job---with---a-name'),
        'own-values': says('mine other'),
      },
      out: ['by-tag'],
    },
  },
  {
    folder: 'predefined',
    when: 'a tag',
    occasion: { event: 'tag', ref: 'v1.0' },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        names: says('v1.0 v1-0  [v1.0] main'),
        'Some Job / with: "a name"': {},
        'own-values': {},
        'by-tag': says('tag v1.0 []'),
      },
    },
  },
  {
    folder: 'variables',
    occasion: { var: ['GIVEN=by hand'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        chained: says('THIRD=own-second-third', 'LITERAL=$FIRST ESCAPED=$FIRST', 'UNKNOWN=.'),
        given: says('GIVEN=by hand'),
        quoted: says('one', 'two', `a"b'c`, '[  two  ]', '*'),
      },
    },
  },
  {
    folder: 'empty-variables',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('[]') } },
  },
  { folder: 'blank-scripts', outcome: { kind: 'problems', at: [2, 5, 9] } },
  { folder: 'never-needed', outcome: { kind: 'problems', at: [7], says: /never/ } },
  {
    folder: 'shell',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        job: says(
          'hello job',
          'bash',
          'x=a',
          'x=b',
          'here',
          "single 'quoted'",
          'colon: value',
          '3',
          'z b',
          'later=set',
          'one two',
          'no input',
          /^umask 0\d+$/,
          'code=0',
        ),
        exits: { silent: ['never'] },
        'long-lines': says(/^0{999}7$/),
        bytes: says('café ✓'),
      },
    },
  },
  {
    folder: 'timeouts',
    doc: 'ci/yaml#after_script: after a timeout it does not run',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        slow: { ...fails('begun'), forgiven: true, silent: ['never', 'after status'] },
        retried: fails('try', 'try', 'try'),
        'not-retried': { state: 'failed', forgiven: true },
      },
    },
  },
]
