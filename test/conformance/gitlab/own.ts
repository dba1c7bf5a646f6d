import { type Case, fails, type JobOutcome, says } from './types.ts'

/** This repository's own files, below test/fixtures/gitlab-ci, beside what GitLab's documentation says of them. */
export const OWN: readonly Case[] = [
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
    folder: 'artifacts-when',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'ok: [well]': {},
        'ok: [badly]': { state: 'failed', forgiven: true },
        'bad: [well]': {},
        'bad: [badly]': { state: 'failed', forgiven: true },
        'any: [well]': {},
        'any: [badly]': { state: 'failed', forgiven: true },
        look: says('any---badly', 'any---well', 'bad---badly', 'ok---well'),
      },
      kept: ['any---badly', 'any---well', 'bad---badly', 'ok---well'].map(name => `kept/${name}`),
    },
  },
  {
    folder: 'artifacts-patterns',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { make: {}, untracked: {}, see: {} },
      kept: ['docs/x.md', 'fresh.log', 'out/a/b/.dot.txt', 'out/a/two.txt', 'out/one.txt', 'top.txt'],
    },
  },
  {
    folder: 'dotenv',
    doc: 'ci/variables#cicd-variable-precedence: dotenv outranks jobs; ci/yaml/artifacts_reports#artifactsreportsdotenv',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        version: {},
        failing: { state: 'failed', forgiven: true },
        plain: says('VERSION=1.2 TITLE=a b  c EXTRA=version LEFT=behind', 'v1.2 is a b  c'),
        needing: { log: ['VERSION=1.2 LEFT='], after: ['version'] },
        without: { log: ['VERSION='], after: ['version'] },
        free: says('VERSION='),
      },
      kept: [],
    },
  },
  {
    folder: 'caches',
    doc: 'ci/yaml#cachepolicy: must be used with cache: paths, or nothing is cached',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { fill: {}, read: { after: ['fill'] }, 'no-paths': {}, 'other-key': {} },
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
    folder: 'include-glob',
    doc: 'ci/yaml/includes#use-includelocal-with-wildcard-file-paths, #use-rules-with-include',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'from-a': { log: ['a'], after: ['from-b'] },
        'from-b': says('overridden'),
        deep: says('deep'),
        on: says('on'),
      },
    },
  },
  { folder: 'include-circle', outcome: { kind: 'problems', at: ['b.yml:2'] } },
  {
    folder: 'inputs',
    when: 'by default',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'suite: [unit]': says('suite=unit level=low'),
        'suite: [end to end]': says('suite=end to end level=low'),
        'lint true 1/2': says('cut=cde n=2'),
        'lint true 2/2': says('cut=cde n=2'),
      },
    },
  },
  {
    folder: 'inputs',
    when: 'given',
    occasion: { input: ['level=high', 'suites=["one"]', 'lint/enabled=false', 'count=1'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'suite: [one]': says('suite=one level=high'), 'lint false 1/1': says('cut=cde n=1') },
    },
  },
  {
    folder: 'manual',
    when: 'nobody starts them',
    doc: 'ci/jobs/job_control#types-of-manual-jobs: in rules they block',
    outcome: {
      kind: 'runs',
      pipeline: 'blocked',
      jobs: {
        first: { state: 'waiting' },
        optional: { state: 'blocked' },
        free: says('free'),
        last: { state: 'blocked' },
      },
    },
  },
  {
    folder: 'manual',
    when: 'the first is started',
    occasion: { manual: ['first'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        first: says('word=chosen'),
        optional: { state: 'waiting' },
        free: says('free'),
        last: says('last'),
      },
    },
  },
  {
    folder: 'matrix',
    occasion: { changed: ['linux/x', 'mac/y'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'build: [linux, 32]': says('build: [linux, 32]|build|linux/32 1/5'),
        'build: [linux, 64]': says('build: [linux, 64]|build|linux/64 2/5'),
        'build: [mac, 64]': says('build: [mac, 64]|build|mac/64 4/5'),
        'count 1/2': says('count 1/2 1/2'),
        'count 2/2': says('count 2/2 2/2'),
        'one 1/1': says('one 1/1 1/1'),
        after: { after: ['build: [linux, 32]', 'build: [linux, 64]', 'build: [mac, 64]'] },
        'after-one': { after: ['build: [linux, 64]'] },
      },
      out: ['build: [mac, 32]', 'build: [web]'],
    },
  },
  {
    folder: 'merging',
    doc: 'ci/yaml/yaml_optimization: what is extended is left out by null',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        joined: says('before of more', 'hello', 'nested', 'hello', 'A=base B=more C=own'),
        anchored: says('hello', 'A=base B=own'),
        referenced: says('NICE=own TAKEN=reference'),
        nulled: { log: ['B='], silent: ['before of more'] },
      },
    },
  },
  {
    folder: 'needs',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        one: {},
        two: {},
        some: { after: ['one', 'two'] },
        none: { after: [] },
        staged: { after: ['one', 'two'] },
        chosen: { after: ['some', 'staged'] },
        'same-stage': { log: ['after some'], after: ['some'] },
      },
      kept: ['one.txt', 'two.txt'],
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
    folder: 'rules',
    occasion: { changed: ['src/x.py', 'src/a/b.py'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        eq: says('in'),
        'null-check': says('in'),
        regex: says('in'),
        'pattern-in-variable': says('in'),
        changed: { ...fails('seen=changed'), forgiven: true },
        both: says('in'),
        late: says('in'),
        nested: says('in'),
      },
      out: ['parens', 'order', 'unchanged'],
    },
  },
  {
    folder: 'only',
    occasion: { changed: ['src/x.ts'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { branches: says('in'), named: says('in'), pushes: says('in') },
      out: ['tags', 'excepted', 'merge-requests'],
    },
  },
  {
    folder: 'top-level',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        plain: says('global before', '42 described', 'global after'),
        own: { log: ['own before', 'n=1', 'n=2', 'folded line'], silent: ['global'] },
      },
    },
  },
  {
    folder: 'children',
    doc: 'ci/pipelines/downstream_pipelines#pass-cicd-variables-to-a-downstream-pipeline: with the values of the trigger job',
    occasion: { var: ['WORD=world'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        generate: {},
        dynamic: { after: ['generate'] },
        'dynamic/made': says('made by generate, hello-world for dynamic from parent_pipeline'),
        failing: { state: 'failed', forgiven: true },
        'failing/bad': fails(),
        unwatched: {},
        'unwatched/bad': fails(),
        'with-inputs': {},
        'with-inputs/greet': says('somebody []'),
        elsewhere: {},
        end: { log: ['end'], after: ['dynamic', 'failing', 'unwatched', 'with-inputs', 'elsewhere'] },
      },
      kept: ['child.yml'],
    },
  },
  { folder: 'mistakes', outcome: { kind: 'problems', at: [3, 7, 11, 15, 19, 23, 27, 31] } },
  { folder: 'bad-rule', outcome: { kind: 'problems', at: [2, 7] } },
  { folder: 'unknown-base', outcome: { kind: 'problems', at: [2, 6] } },
  { folder: 'unknown-reference', outcome: { kind: 'problems', at: [2, 6] } },
  { folder: 'needs-circle', outcome: { kind: 'problems', at: [2] } },
  { folder: 'nothing', when: 'a push', outcome: { kind: 'nothing' } },
  {
    folder: 'nothing',
    when: 'a schedule',
    occasion: { event: 'schedule' },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'only-scheduled': says('kind=nightly') } },
  },
  { folder: 'nothing', when: 'a tag', occasion: { event: 'tag', ref: 'v1' }, outcome: { kind: 'nothing' } },
  {
    folder: 'nothing',
    when: 'a push of a branch that is let in',
    occasion: { branch: 'release' },
    outcome: { kind: 'nothing', out: ['only-scheduled'] },
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
    folder: 'references',
    doc: 'ci/yaml/yaml_optimization#reference-tags; what extends brings is put together before references are',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        decided: says('kind=good', 'deeper', 'shared in decided'),
        holder: says('held'),
        heir: says('held'),
        named: says('deeper', 'shared in named', 'deeper', 'shared in named', 'word=shared', 'deeper'),
      },
    },
  },
  {
    folder: 'reference-depth',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('deep') } },
  },
  {
    folder: 'reference-depth',
    file: 'too-deep.yml',
    doc: 'ci/yaml/yaml_optimization#nest-reference-tags-in-script-before_script-and-after_script: 10 levels',
    outcome: { kind: 'problems', at: [22] },
  },
  {
    folder: 'rule-needs',
    when: 'the default branch',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { dev: {}, live: {}, check: { log: ['check'], after: ['live'] } },
    },
  },
  {
    folder: 'rule-needs',
    when: 'another branch',
    occasion: { branch: 'topic' },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { dev: {}, live: {}, check: { log: ['check'], after: ['dev'] } },
    },
  },
  {
    folder: 'on-failure',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        early: {},
        broken: fails(),
        told: { log: ['told'], after: ['broken'] },
        untold: { state: 'skipped' },
        staged: says('staged'),
        cleanup: { log: ['cleanup'], after: ['staged'] },
      },
    },
  },
  {
    folder: 'matrix-environments',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'roll: [east]': { log: ['live/east https://east.example.com'], environment: 'live/east' },
        'roll: [west]': { log: ['live/west https://west.example.com'], environment: 'live/west' },
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
    folder: 'rule-syntax',
    doc: 'ci/jobs/job_rules#cicd-variable-expressions: $NAME, and == for equal',
    outcome: { kind: 'problems', at: [2, 6] },
  },
  { folder: 'rule-blank', outcome: { kind: 'problems', at: [2] } },
  { folder: 'input-defaults', outcome: { kind: 'problems', at: [4, 7, 10] } },
  {
    folder: 'includes-of-all-kinds',
    occasion: { var: ['FOLDER=ci'], projectPath: ['team/shared=.'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        text: says('who=the main file also=text'),
        variable: says('variable'),
        two: says('two'),
        own: says('before', 'who=the main file'),
      },
    },
  },
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
  {
    folder: 'cache-when',
    doc: 'ci/yaml#cachewhen',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        ...filled('success'),
        ...filled('failure'),
        ...filled('always'),
        'look: [success-well]': says('success-well is there'),
        'look: [success-badly]': says('success-badly is not there'),
        'look: [failure-well]': says('failure-well is not there'),
        'look: [failure-badly]': says('failure-badly is there'),
        'look: [always-well]': says('always-well is there'),
        'look: [always-badly]': says('always-badly is there'),
      },
    },
  },
  {
    folder: 'dependencies',
    doc: 'ci/jobs/job_control#fetch-artifacts-from-a-parallelmatrix-job: by the name with the values',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'make: [linux]': {},
        'make: [mac]': {},
        one: { log: ['linux.txt'], silent: ['mac'] },
        both: says('linux.txt', 'mac.txt'),
        needing: { log: ['mac.txt'], silent: ['linux'], after: ['make: [mac]'] },
        nothing: { log: ['none'], after: [] },
        later: { log: ['mac.txt'], silent: ['linux'], after: ['make: [mac]', 'one'] },
      },
    },
  },
]

function filled(when: string): Record<string, JobOutcome> {
  return {
    [`fill-${when}: [well]`]: {},
    [`fill-${when}: [badly]`]: { state: 'failed', forgiven: true },
  }
}
